package org.blazefl4j.process;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.SerializedLambda;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A lambda or method reference on its way to a worker process: the name of its method and the captured values. Worker
 * functions that are objects of named classes cross as objects instead.
 *
 * @param owner the class of the method
 * @param method the name of the method
 * @param descriptor the JVM descriptor of the method
 * @param kind the reference kind, a constant of {@link MethodHandleInfo}
 * @param captured the values of the first parameters
 */
record WorkerFunction(String owner, String method, String descriptor, int kind, List<Object> captured) {

    /** Returns what crosses for a function: a {@code WorkerFunction}, or the object itself. */
    static Object of(Serializable worker) {
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
            return worker.getClass();
        }
        try {
            return Class.forName(function.owner(), false, worker.getClass().getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException("worker function: class not found: class=" + function.owner(), e);
        }
    }

    /**
     * Returns the serialised form of a lambda, or null for other objects. Only serialisation reveals a lambda's method,
     * so this serialises it and captures the form.
     */
    private static SerializedLambda serializedForm(Object worker) {
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

    private static final class LambdaCapture extends ObjectOutputStream {

        private final SerializedLambda[] seen;

        LambdaCapture(SerializedLambda[] seen) throws IOException {
            super(OutputStream.nullOutputStream());
            this.seen = seen;
            enableReplaceObject(true);
        }

        @Override
        protected Object replaceObject(Object object) {
            if (object instanceof SerializedLambda lambda) {
                seen[0] = lambda;
            }
            return null;
        }
    }
}
