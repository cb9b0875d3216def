package org.blazefl4j.shm;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;

/**
 * Makes objects without running a constructor of their class, as object streams do: through the JDK's
 * {@code sun.reflect.ReflectionFactory} in module {@code jdk.unsupported}, which exists for serialization libraries.
 * Reached by name, for the compiler warns of it in a way that cannot be silenced.
 */
final class BareObjects {

    private static final String FACTORY = "sun.reflect.ReflectionFactory";
    private static final MethodHandle NEW_CONSTRUCTOR = find();
    private static final MethodHandle MAKE = make();

    private BareObjects() {}

    /** A handle that takes an ignored {@code Object[]} and returns a new object, all its fields at their defaults. */
    static MethodHandle factory(Class<?> type) {
        try {
            Constructor<?> root = Object.class.getDeclaredConstructor();
            Constructor<?> constructor = (Constructor<?>) NEW_CONSTRUCTOR.invoke(type, root);
            return MAKE.bindTo(constructor);
        } catch (Throwable e) {
            throw new IllegalStateException("cannot make objects: type=" + type.getName(), e);
        }
    }

    private static MethodHandle find() {
        try {
            Class<?> factory = Class.forName(FACTORY);
            Object instance = factory.getMethod("getReflectionFactory").invoke(null);
            MethodType type = MethodType.methodType(Constructor.class, Class.class, Constructor.class);
            return MethodHandles.publicLookup()
                    .findVirtual(factory, "newConstructorForSerialization", type)
                    .bindTo(instance);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("module missing: module=jdk.unsupported, limit=a JDK that has it", e);
        }
    }

    private static MethodHandle make() {
        try {
            MethodType type = MethodType.methodType(Object.class, Constructor.class, Object[].class);
            return MethodHandles.lookup().findStatic(BareObjects.class, "make", type);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object make(Constructor<?> constructor, Object[] ignored) throws ReflectiveOperationException {
        return constructor.newInstance();
    }
}
