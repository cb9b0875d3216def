package org.blazefl4j.codec;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/**
 * Creates objects of one class without running its constructors, as object streams do. Uses the JDK's
 * {@code sun.reflect.ReflectionFactory} (module {@code jdk.unsupported}), which exists for serialization libraries.
 * Looked up by name, because javac's warning about it cannot be suppressed.
 */
final class BareObjects {

    private static final String FACTORY = "sun.reflect.ReflectionFactory";
    private static final String NEW_CONSTRUCTOR = "newConstructorForSerialization";
    private static final MethodHandle MAKE = findMake();

    private final Class<?> type;

    /** Created with the first object, because newer JDKs initialise the class then. */
    private volatile @Nullable Constructor<?> constructor;

    private BareObjects(Class<?> type) {
        this.type = type;
    }

    /** Returns a handle that ignores its {@code Object[]} and returns a new object with default field values. */
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
