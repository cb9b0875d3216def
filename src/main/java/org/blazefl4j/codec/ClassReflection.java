package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.torch.Unbounded;
import org.jspecify.annotations.Nullable;

/** Inspects classes: their fields, how to create objects, and what both sides must agree on. */
final class ClassReflection {

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final FieldPlan[] NO_FIELDS = {};
    private static final MethodType FACTORY = MethodType.methodType(Object.class, Object[].class);
    private static final MethodHandle NO_FACTORY = MethodHandles.empty(FACTORY);

    private ClassReflection() {}

    /**
     * The structure of a class.
     *
     * @param factory takes {@code Object[]}, a record's components
     * @param signature names and types that both sides must agree on
     * @param refusal why the class is not accessible, or null
     */
    record Shape(
            FieldPlan[] fields,
            MethodHandle factory,
            List<String> signature,
            @Nullable String refusal) {

        /** Of a kind whose objects are created otherwise. */
        Shape(List<String> signature, @Nullable String refusal) {
            this(NO_FIELDS, NO_FACTORY, signature, refusal);
        }
    }

    static Shape shape(Class<?> type, Kind kind) {
        try {
            return switch (kind) {
                case RECORD -> record(type);
                case OBJECT -> object(type);
                case ENUM -> new Shape(constantNames(type), null);
                default -> new Shape(List.of(), null);
            };
        } catch (ClosedModuleException e) {
            return new Shape(List.of(), e.getMessage());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot reflect: type=" + type.getName(), e);
        }
    }

    private static Shape record(Class<?> type) throws ReflectiveOperationException {
        RecordComponent[] components = type.getRecordComponents();
        FieldPlan[] fields = new FieldPlan[components.length];
        Class<?>[] types = new Class<?>[components.length];
        List<String> signature = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            fields[i] = component(type, components[i]);
            types[i] = components[i].getType();
            signature.add(components[i].getName() + ":" + types[i].getName());
        }
        Constructor<?> constructor = opened(type, type.getDeclaredConstructor(types));
        MethodHandle factory = LOOKUP.unreflectConstructor(constructor)
                .asFixedArity()
                .asSpreader(Object[].class, types.length)
                .asType(FACTORY);
        return new Shape(fields, factory, signature, null);
    }

    /** Prefers fields, because accessors may copy. Falls back to accessors if the module does not open its fields. */
    private static FieldPlan component(Class<?> type, RecordComponent component) throws ReflectiveOperationException {
        Field field = type.getDeclaredField(component.getName());
        Method accessor = component.getAccessor();
        MethodHandle getter =
                field.trySetAccessible() ? LOOKUP.unreflectGetter(field) : LOOKUP.unreflect(opened(type, accessor));
        boolean unbounded = component.isAnnotationPresent(Unbounded.class);
        return new FieldPlan(
                component.getName(),
                component.getType(),
                component.getGenericType(),
                unbounded,
                getter,
                FieldPlan.NO_SETTER);
    }

    private static Shape object(Class<?> type) throws ReflectiveOperationException {
        List<FieldPlan> fields = new ArrayList<>();
        List<String> signature = new ArrayList<>();
        for (Class<?> owner : lineage(type)) {
            for (Field field : owner.getDeclaredFields()) {
                if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0) {
                    fields.add(field(owner, field));
                    signature.add(owner.getName() + "." + field.getName() + ":"
                            + field.getType().getName());
                }
            }
        }
        return new Shape(fields.toArray(NO_FIELDS), BareObjects.factory(type), signature, null);
    }

    private static FieldPlan field(Class<?> owner, Field field) throws ReflectiveOperationException {
        opened(owner, field);
        boolean unbounded = field.isAnnotationPresent(Unbounded.class);
        MethodHandle getter = LOOKUP.unreflectGetter(field);
        return new FieldPlan(
                field.getName(),
                field.getType(),
                field.getGenericType(),
                unbounded,
                getter,
                LOOKUP.unreflectSetter(field));
    }

    /** Returns the class and its superclasses outside the JDK, topmost first. */
    private static List<Class<?>> lineage(Class<?> type) {
        List<Class<?>> lineage = new ArrayList<>();
        for (Class<?> c = type; c != null && !CrossingRules.isOfPlatform(c); c = c.getSuperclass()) {
            lineage.add(0, c);
        }
        return lineage;
    }

    private static List<String> constantNames(Class<?> type) {
        return Stream.of(type.getDeclaredFields())
                .filter(Field::isEnumConstant)
                .map(Field::getName)
                .toList();
    }

    private static <T extends AccessibleObject> T opened(Class<?> owner, T member) throws ClosedModuleException {
        if (!member.trySetAccessible()) {
            throw new ClosedModuleException(owner);
        }
        return member;
    }

    /** A module does not open a class to the library. */
    private static final class ClosedModuleException extends ReflectiveOperationException {

        private static final long serialVersionUID = 1L;

        ClosedModuleException(Class<?> type) {
            super("expected=classes that are open to the library; " + remedy(type.getModule(), type.getPackageName()));
        }

        private static String remedy(Module module, String packageName) {
            Module own = ClassReflection.class.getModule();
            return own.isNamed()
                    ? "add to module-info of " + module.getName() + ": opens " + packageName + " to " + own.getName()
                    : "start Java with --add-opens " + module.getName() + "/" + packageName + "=ALL-UNNAMED";
        }
    }
}
