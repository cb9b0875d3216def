package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.blazefl4j.codec.ClassReflection.Shape;
import org.jspecify.annotations.Nullable;

/** How the codec handles a class. Created once per class, without initialising it. */
final class ClassPlan {

    /** The classes that {@code List.of}, {@code Set.copyOf} and similar methods return. */
    private static final String UNMODIFIABLE = "java.util.ImmutableCollections$";

    private static final ClassValue<ClassPlan> PLANS = new ClassValue<>() {
        @Override
        protected ClassPlan computeValue(Class<?> type) {
            boolean enumBody =
                    type.getSuperclass() != null && type.getSuperclass().isEnum();
            return enumBody ? of(type.getSuperclass()) : new ClassPlan(type);
        }
    };

    /** The class, or the enum of a constant that has a class body. */
    final Class<?> type;

    final Kind kind;

    /** Record components in order, or fields from the topmost superclass down. Empty for other kinds. */
    final FieldPlan[] fields;

    /** Why objects of the class cannot cross. */
    final @Nullable String refusal;

    /** How text is parsed, for {@link Kind#TEXT}. */
    final @Nullable TextValue text;

    /** The class name as encoded in messages. */
    final byte[] nameBytes;

    /** A hash of what both sides must agree on: name, fields with their types, enum constants. */
    final long fingerprint;

    /** Whether objects of the class are immutable, apart from the objects they refer to and tensor elements. */
    final boolean constant;

    private final MethodHandle canonicalConstructor;

    /** Of a plain class; made with the first object, because newer JDKs initialise the class then. */
    private volatile @Nullable Constructor<?> bareConstructor;

    private volatile Object @Nullable [] constants;

    private ClassPlan(Class<?> type) {
        this.type = type;
        Kind wanted = CrossingRules.kind(type);
        Shape shape = ClassReflection.shape(type, wanted);
        this.kind = shape.refusal() == null ? wanted : Kind.REFUSED;
        this.refusal = wanted == Kind.REFUSED ? CrossingRules.refusal(type) : shape.refusal();
        this.fields = shape.fields().toArray(FieldPlan[]::new);
        this.canonicalConstructor = shape.constructor();
        this.text = kind == Kind.TEXT ? TextValue.of(type) : null;
        this.constant = kind.isConstant() || type.getName().startsWith(UNMODIFIABLE);
        this.nameBytes = type.getName().getBytes(StandardCharsets.UTF_8);
        this.fingerprint = fingerprint(type.getName(), shape.signature());
    }

    static ClassPlan of(Class<?> type) {
        return PLANS.get(type);
    }

    /** Creates a record from its components. */
    Object newRecord(@Nullable Object[] components) throws Throwable {
        return (Object) canonicalConstructor.invokeExact(components);
    }

    /** Creates an object of a plain class without running a constructor. */
    Object newObject() throws ReflectiveOperationException {
        Constructor<?> known = bareConstructor;
        if (known == null) {
            known = ClassReflection.bareConstructor(type);
            bareConstructor = known;
        }
        return known.newInstance();
    }

    /** Returns an enum's constants by ordinal. Initialises the class. */
    Object[] constants() {
        Object[] known = constants;
        if (known == null) {
            known = type.getEnumConstants();
            constants = known;
        }
        return known;
    }

    private static long fingerprint(String name, List<String> signature) {
        long hash = hash(0xcbf29ce484222325L, name);
        for (String part : signature) {
            hash = hash(hash * 31, part);
        }
        return hash;
    }

    /** FNV-1a over chars. */
    private static long hash(long start, String text) {
        long hash = start;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
