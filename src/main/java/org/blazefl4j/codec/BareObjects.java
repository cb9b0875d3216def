package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/**
 * Makes objects of one class without running a constructor of it, as object streams do: through the JDK's
 * {@code sun.reflect.ReflectionFactory} in module {@code jdk.unsupported}, which exists for serialization libraries.
 * Reached by name, for the compiler warns of it in a way that cannot be silenced.
 */
final class BareObjects {

    private static final String FACTORY = "sun.reflect.ReflectionFactory";
    private static final String NEW_CONSTRUCTOR = "newConstructorForSerialization";
    private static final MethodHandle MAKE = findMake();

    private final Class<?> type;

    /** Made with the first object: newer JDKs initialise the class with it. */
    private volatile Constructor<?> constructor;

    private BareObjects(Class<?> type) {
        this.type = type;
    }

    /** A handle that takes an ignored {@code Object[]} and returns a new object, all its fields at their defaults. */
    static MethodHandle factory(Class<?> type) {
        return MAKE.bindTo(new BareObjects(type));
    }

    private Object make(Object[] ignored) throws ReflectiveOperationException {
        Constructor<?> known = constructor;
        if (known == null) {
            known = newConstructor(type);
            constructor = known;
        }
        return known.newInstance();
    }

    private static Constructor<?> newConstructor(Class<?> type) throws ReflectiveOperationException {
        Class<?> factory = Class.forName(FACTORY);
        Object instance = factory.getMethod("getReflectionFactory").invoke(null);
        Method method = factory.getMethod(NEW_CONSTRUCTOR, Class.class, Constructor.class);
        try {
            return (Constructor<?>) method.invoke(instance, type, Object.class.getDeclaredConstructor());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    private static MethodHandle findMake() {
        try {
            MethodType type = MethodType.methodType(Object.class, Object[].class);
            return MethodHandles.lookup().findVirtual(BareObjects.class, "make", type);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
