package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.util.Objects;
import org.blazefl4j.torch.Unbounded;
import org.jspecify.annotations.Nullable;

/**
 * A field of a plain class or a component of a record. Reads it and, for plain classes, sets it even if it is private
 * or final.
 */
final class FieldPlan {

    private static final MethodType GETTER = MethodType.methodType(Object.class, Object.class);
    private static final MethodType SETTER = MethodType.methodType(void.class, Object.class, Object.class);

    /** Of a record's component, which the constructor sets. */
    static final MethodHandle NO_SETTER = MethodHandles.empty(SETTER);

    final String name;
    final Class<?> type;

    /** The type with its type arguments. */
    final Declared declared;

    /** The kind of a primitive's box, or null for references. */
    final @Nullable Kind primitive;

    final boolean unbounded;

    /** Whether no tensor can be found there. */
    final boolean plain;

    private final MethodHandle getter;
    private final MethodHandle setter;

    /**
     * Creates a plan.
     *
     * @param getter takes the owner
     * @param setter takes the owner and the value; {@link #NO_SETTER} for a record's component
     */
    FieldPlan(Field field, MethodHandle getter, MethodHandle setter) {
        this.name = field.getName();
        this.type = field.getType();
        this.declared = Declared.of(field.getGenericType());
        this.primitive = type.isPrimitive()
                ? ClassPlan.of(MethodType.methodType(type).wrap().returnType()).kind
                : null;
        this.plain = type.isPrimitive() || declared.isPlain();
        this.unbounded = field.isAnnotationPresent(Unbounded.class);
        this.getter = getter.asType(type.isPrimitive() ? GETTER.changeReturnType(type) : GETTER);
        this.setter = setter.asType(SETTER);
    }

    /** Returns what both sides must agree on. */
    String signature() {
        return name + ":" + type.getName();
    }

    /** Reads a reference field. */
    @Nullable
    Object get(Object owner) {
        try {
            return (Object) getter.invokeExact(owner);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** Sets a reference, or a primitive from its box. */
    void set(Object owner, @Nullable Object value) {
        try {
            setter.invokeExact(owner, value);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** Writes the bits of a primitive field. */
    void writePrimitive(Object owner, MessageWriter out) {
        try {
            switch (Objects.requireNonNull(primitive, "primitive")) {
                case BOOLEAN -> out.u8((boolean) getter.invokeExact(owner) ? 1 : 0);
                case BYTE -> out.u8((byte) getter.invokeExact(owner));
                case SHORT -> out.i16((short) getter.invokeExact(owner));
                case CHARACTER -> out.i16((char) getter.invokeExact(owner));
                case INTEGER -> out.i32((int) getter.invokeExact(owner));
                case LONG -> out.i64((long) getter.invokeExact(owner));
                case FLOAT -> out.i32(Float.floatToRawIntBits((float) getter.invokeExact(owner)));
                default -> out.i64(Double.doubleToRawLongBits((double) getter.invokeExact(owner)));
            }
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** Only a record's accessor is user code here; its exceptions pass through. */
    private static RuntimeException failure(Throwable e) {
        if (e instanceof RuntimeException exception) {
            return exception;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }
}
