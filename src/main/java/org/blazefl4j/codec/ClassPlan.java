package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.blazefl4j.codec.ClassReflection.Shape;

/** What the codec knows of a class; made once per class, without initialising it. */
final class ClassPlan {

    /** What {@code List.of}, {@code Set.copyOf} and their like return. */
    private static final String UNMODIFIABLE = "java.util.ImmutableCollections$";

    private static final ClassValue<ClassPlan> PLANS = new ClassValue<>() {
        @Override
        protected ClassPlan computeValue(Class<?> type) {
            boolean enumBody =
                    type.getSuperclass() != null && type.getSuperclass().isEnum();
            return enumBody ? of(type.getSuperclass()) : new ClassPlan(type);
        }
    };

    /** The class; for the class of an enum constant with a body its enum. */
    final Class<?> type;

    final Kind kind;

    /** Components in order, or fields from the uppermost superclass down; empty for other kinds. */
    final FieldPlan[] fields;

    /** Why it does not cross, where it does not. */
    final String refusal;

    /** How its text is read, for {@link Kind#TEXT}. */
    final TextValue text;

    /** The name's bytes in a message. */
    final byte[] nameBytes;

    /** A number over all that both sides have to agree on: name, fields and their types, enum constants. */
    final long fingerprint;

    /** Whether its objects never change, what they hold and tensors' elements apart. */
    final boolean constant;

    private final MethodHandle factory;
    private volatile Object[] constants;

    private ClassPlan(Class<?> type) {
        this.type = type;
        Kind wanted = CrossingRules.kind(type);
        Shape shape = ClassReflection.shape(type, wanted);
        this.kind = shape.refusal() == null ? wanted : Kind.REFUSED;
        this.refusal = wanted == Kind.REFUSED ? CrossingRules.refusal(type) : shape.refusal();
        this.fields = shape.fields();
        this.factory = shape.factory();
        this.text = kind == Kind.TEXT ? TextValue.of(type) : null;
        this.constant = kind.isConstant() || type.getName().startsWith(UNMODIFIABLE);
        this.nameBytes = type.getName().getBytes(StandardCharsets.UTF_8);
        this.fingerprint = fingerprint(type.getName(), shape.signature());
    }

    static ClassPlan of(Class<?> type) {
        return PLANS.get(type);
    }

    /** A new object of a plain class, no constructor run, or of a record from its components. */
    Object newInstance(Object[] components) throws Throwable {
        return (Object) factory.invokeExact(components);
    }

    /** An enum's constants by ordinal; initialises the class. */
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
