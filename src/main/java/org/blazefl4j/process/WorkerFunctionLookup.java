package org.blazefl4j.process;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ShardFunction;
import org.blazefl4j.core.WorkerContext;

/** Finds the worker function in a worker process. Does not initialise classes before the function is called. */
final class WorkerFunctionLookup {

    private static final MethodType CALL =
            MethodType.methodType(Object.class, Object.class, Object.class, WorkerContext.class);

    private final ClassLoader loader;

    WorkerFunctionLookup(ClassLoader loader) {
        this.loader = loader;
    }

    /**
     * Returns the function that crossed. A function of shards takes the shard as its configuration.
     *
     * @param crossing what {@link WorkerFunction#of} returned in the parent
     */
    @SuppressWarnings("unchecked")
    ClientWorker<Object, Object, Object> find(Object crossing) throws ReflectiveOperationException {
        if (crossing instanceof ShardFunction<?, ?> function) {
            return shards((ShardFunction<Object, Object>) function);
        }
        if (!(crossing instanceof WorkerFunction function)) {
            return (ClientWorker<Object, Object, Object>) crossing;
        }
        MethodHandle bound = MethodHandles.insertArguments(
                handle(function), 0, function.captured().toArray());
        return caller(bound.asType(CALL));
    }

    private static ClientWorker<Object, Object, Object> shards(ShardFunction<Object, Object> function) {
        return (shard, payload, context) -> function.run((Integer) shard, payload, context);
    }

    private static ClientWorker<Object, Object, Object> caller(MethodHandle handle) {
        return (config, payload, context) -> {
            try {
                return (Object) handle.invokeExact(config, payload, context);
            } catch (Exception | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("worker function threw: " + e, e);
            }
        };
    }

    private MethodHandle handle(WorkerFunction function) throws ReflectiveOperationException {
        Class<?> owner = Class.forName(function.owner(), false, loader);
        MethodType type = MethodType.fromMethodDescriptorString(function.descriptor(), loader);
        if (function.kind() == MethodHandleInfo.REF_newInvokeSpecial) {
            Constructor<?> constructor = owner.getDeclaredConstructor(type.parameterArray());
            constructor.setAccessible(true);
            return MethodHandles.lookup().unreflectConstructor(constructor);
        }
        Method method = method(owner, function.method(), type);
        if (method == null) {
            throw new NoSuchMethodException(
                    "worker function not found: method=" + function.owner() + "." + function.method()
                            + function.descriptor() + "; the worker's class path has another version of the class");
        }
        method.setAccessible(true);
        return MethodHandles.lookup().unreflect(method);
    }

    /** Returns a method that a class declares or inherits, or null. */
    private static Method method(Class<?> owner, String name, MethodType type) {
        for (Class<?> c = owner; c != null; c = c.getSuperclass()) {
            Method declared = declared(c, name, type);
            if (declared != null) {
                return declared;
            }
            for (Class<?> parent : c.getInterfaces()) {
                Method inherited = method(parent, name, type);
                if (inherited != null) {
                    return inherited;
                }
            }
        }
        return null;
    }

    private static Method declared(Class<?> owner, String name, MethodType type) {
        for (Method method : owner.getDeclaredMethods()) {
            boolean same = method.getName().equals(name)
                    && method.getReturnType() == type.returnType()
                    && MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                            .equals(type);
            if (same) {
                return method;
            }
        }
        return null;
    }
}
