package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Inspects classes: their fields, how to create objects, and what both sides must agree on. */
final class ClassReflection {

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final MethodType CONSTRUCTOR = MethodType.methodType(Object.class, Object[].class);
    private static final MethodHandle NO_CONSTRUCTOR = MethodHandles.empty(CONSTRUCTOR);

    private ClassReflection() {}

    /**
     * The structure of a class.
     *
     * @param constructor a record's, which takes its components
     * @param signature names and types that both sides must agree on
     * @param refusal why the class is not accessible
     */
    record Shape(
            List<FieldPlan> fields,
            MethodHandle constructor,
            List<String> signature,
            @Nullable String refusal) {}

    static Shape shape(Class<?> type, Kind kind) {
        try {
            return switch (kind) {
                case RECORD -> record(type);
                case OBJECT -> object(type);
                case ENUM -> new Shape(List.of(), NO_CONSTRUCTOR, constantNames(type), null);
                default -> new Shape(List.of(), NO_CONSTRUCTOR, List.of(), null);
            };
        } catch (ClosedModuleException e) {
            return new Shape(List.of(), NO_CONSTRUCTOR, List.of(), e.getMessage());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot reflect: type=" + type.getName(), e);
        }
    }

    private static Shape record(Class<?> type) throws ReflectiveOperationException {
        List<FieldPlan> fields = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            fields.add(component(type, component));
        }
        Class<?>[] types = fields.stream().map(field -> field.type).toArray(Class<?>[]::new);
        MethodHandle constructor = LOOKUP.unreflectConstructor(opened(type, type.getDeclaredConstructor(types)))
                .asFixedArity()
                .asSpreader(Object[].class, types.length)
                .asType(CONSTRUCTOR);
        List<String> signature = fields.stream().map(FieldPlan::signature).toList();
        return new Shape(fields, constructor, signature, null);
    }

    /** Prefers fields, because accessors may copy. Falls back to accessors if the module does not open its fields. */
    private static FieldPlan component(Class<?> type, RecordComponent component) throws ReflectiveOperationException {
        Field field = type.getDeclaredField(component.getName());
        MethodHandle getter = field.trySetAccessible()
                ? LOOKUP.unreflectGetter(field)
                : LOOKUP.unreflect(opened(type, component.getAccessor()));
        return new FieldPlan(field, getter, FieldPlan.NO_SETTER);
    }

    private static Shape object(Class<?> type) throws ReflectiveOperationException {
        List<FieldPlan> fields = new ArrayList<>();
        List<String> signature = new ArrayList<>();
        for (Class<?> owner : lineage(type)) {
            for (Field field : owner.getDeclaredFields()) {
                if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0) {
                    opened(owner, field);
                    fields.add(new FieldPlan(field, LOOKUP.unreflectGetter(field), LOOKUP.unreflectSetter(field)));
                    signature.add(owner.getName() + "."
                            + fields.get(fields.size() - 1).signature());
                }
            }
        }
        return new Shape(fields, NO_CONSTRUCTOR, signature, null);
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

    /**
     * Returns a constructor of plain objects that runs none of the class's own, as object streams use. Newer JDKs
     * initialise the class. From {@code sun.reflect.ReflectionFactory} (module {@code jdk.unsupported}), which exists
     * for serialization libraries; found by name, because javac's warning about it cannot be suppressed.
     */
    static Constructor<?> bareConstructor(Class<?> type) throws ReflectiveOperationException {
        Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
        Object instance = factory.getMethod("getReflectionFactory").invoke(null);
        Method method = factory.getMethod("newConstructorForSerialization", Class.class, Constructor.class);
        try {
            return (Constructor<?>) method.invoke(instance, type, Object.class.getDeclaredConstructor());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
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
