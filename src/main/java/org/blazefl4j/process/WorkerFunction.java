package org.blazefl4j.process;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.blazefl4j.core.ClientEvaluator;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.core.Workers.ShardFunction;
import org.blazefl4j.worker.SideWork;
import org.blazefl4j.worker.WorkerCall;
import org.jspecify.annotations.Nullable;

/**
 * A lambda or method reference on its way to another process: the name of its method and the captured values. Worker
 * functions that are objects of named classes cross as objects instead. A function that crossed can cross again.
 *
 * @param owner the class of the method
 * @param method the name of the method
 * @param descriptor the JVM descriptor of the method
 * @param kind the reference kind, a constant of {@link MethodHandleInfo}
 * @param captured the values of the first parameters
 */
public record WorkerFunction(String owner, String method, String descriptor, int kind, List<Object> captured) {

    private static final MethodType CALL =
            MethodType.methodType(Object.class, Object.class, Object.class, WorkerContext.class);

    /** Returns what crosses for a function: a {@code WorkerFunction}, or the object itself. */
    public static Object of(Serializable worker) {
        if (worker instanceof Crossed crossed) {
            return crossed.crossing;
        }
        SerializedLambda lambda = serializedForm(worker);
        if (lambda == null) {
            return worker;
        }
        List<Object> captured = new ArrayList<>();
        for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
            captured.add(lambda.getCapturedArg(i));
        }
        return new WorkerFunction(
                lambda.getImplClass().replace('/', '.'),
                lambda.getImplMethodName(),
                lambda.getImplMethodSignature(),
                lambda.getImplMethodKind(),
                Collections.unmodifiableList(captured));
    }

    /** Returns the class that workers must be able to load. */
    static Class<?> implementation(Serializable worker) {
        Object crossing = of(worker);
        if (!(crossing instanceof WorkerFunction function)) {
            return crossing.getClass();
        }
        try {
            return Class.forName(function.owner(), false, loader(worker));
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException("worker function: class not found: class=" + function.owner(), e);
        }
    }

    private static ClassLoader loader(Serializable worker) {
        return worker instanceof Crossed crossed
                ? crossed.loader
                : worker.getClass().getClassLoader();
    }

    /**
     * Returns the function that crossed, without initialising classes.
     *
     * @param crossing what {@link #of} returned in the parent for a {@link ClientWorker}
     */
    static ClientWorker<Object, Object, Object> find(Object crossing, ClassLoader loader)
            throws ReflectiveOperationException {
        return find(crossing, loader, null);
    }

    /**
     * Returns the function that crossed, as one that can cross again.
     *
     * @param side the work between rounds; one of shards takes the shard as its configuration. Null for a
     *     {@link ClientWorker}
     */
    public static ClientWorker<Object, Object, Object> find(
            Object crossing, ClassLoader loader, @Nullable SideWork side) throws ReflectiveOperationException {
        return new Crossed(crossing, loader, caller(crossing, loader, side));
    }

    @SuppressWarnings("unchecked")
    private static ClientWorker<Object, Object, Object> caller(
            Object crossing, ClassLoader loader, @Nullable SideWork side) throws ReflectiveOperationException {
        if (crossing instanceof WorkerFunction function) {
            return function.caller(loader);
        }
        if (side == null) {
            return (ClientWorker<Object, Object, Object>) crossing;
        }
        if (side.ofClients()) {
            return WorkerCall.ofEvaluator((ClientEvaluator<Object, Object, Object>) crossing);
        }
        ShardFunction<Object, Object> shards = (ShardFunction<Object, Object>) crossing;
        return (shard, payload, context) -> shards.run((Integer) shard, payload, context);
    }

    private ClientWorker<Object, Object, Object> caller(ClassLoader loader) throws ReflectiveOperationException {
        Object[] first = captured.toArray();
        return caller(MethodHandles.insertArguments(handle(loader), 0, first).asType(CALL));
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

    private MethodHandle handle(ClassLoader loader) throws ReflectiveOperationException {
        Class<?> type = Class.forName(owner, false, loader);
        MethodType signature = MethodType.fromMethodDescriptorString(descriptor, loader);
        MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
        try {
            return switch (kind) {
                case MethodHandleInfo.REF_newInvokeSpecial -> lookup.findConstructor(type, signature);
                case MethodHandleInfo.REF_invokeStatic -> lookup.findStatic(type, method, signature);
                case MethodHandleInfo.REF_invokeSpecial -> lookup.findSpecial(type, method, signature, type);
                default -> lookup.findVirtual(type, method, signature);
            };
        } catch (NoSuchMethodException
                | IllegalAccessException e) { // the latter if it has become static, or no longer is
            String name = owner + "." + method + descriptor;
            throw new IllegalStateException(
                    "worker function not found: method=" + name
                            + "; the worker's class path has another version of the class",
                    e);
        }
    }

    /**
     * Returns the serialised form of a lambda, or null for other objects. Only serialisation reveals a lambda's method,
     * so this serialises it and captures the form.
     */
    private static @Nullable SerializedLambda serializedForm(Object worker) {
        if (!worker.getClass().isSynthetic()) {
            return null;
        }
        SerializedLambda[] form = new SerializedLambda[1];
        try (ObjectOutputStream stream = new LambdaCapture(form)) {
            stream.writeObject(worker);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return form[0];
    }

    /** A function that crossed, with what it crossed as. Is serializable by name only, as all functions of workers. */
    private static final class Crossed implements ClientWorker<Object, Object, Object> {

        private static final long serialVersionUID = 1L;

        private final transient Object crossing;
        private final transient ClassLoader loader;
        private final transient ClientWorker<Object, Object, Object> caller;

        Crossed(Object crossing, ClassLoader loader, ClientWorker<Object, Object, Object> caller) {
            this.crossing = crossing;
            this.loader = loader;
            this.caller = caller;
        }

        @Override
        public Object train(Object config, Object payload, WorkerContext context) throws Exception {
            return caller.train(config, payload, context);
        }
    }

    private static final class LambdaCapture extends ObjectOutputStream {

        private final SerializedLambda[] seen;

        LambdaCapture(SerializedLambda[] seen) throws IOException {
            super(OutputStream.nullOutputStream());
            this.seen = seen;
            enableReplaceObject(true);
        }

        @Override
        protected @Nullable Object replaceObject(Object object) {
            if (object instanceof SerializedLambda lambda) {
                seen[0] = lambda;
            }
            return null;
        }
    }
}
