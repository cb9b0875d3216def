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
 * A lambda or method reference as it crosses to a worker process: by the name of its implementation. A worker function
 * that is an object of a class of its own crosses as that object instead.
 *
 * @param owner the class that implements it
 * @param method the method's name
 * @param descriptor the method's parameter and return types, as the JVM writes them
 * @param kind how the method is called, one of {@link MethodHandleInfo}'s constants
 * @param captured the values bound to its first parameters
 */
record WorkerFunction(String owner, String method, String descriptor, int kind, List<Object> captured) {

    /** What crosses for this function: a {@code WorkerFunction} or the object itself. */
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

    /** The class that must be on the workers' class path for {@code worker} to be found there. */
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
     * A lambda knows its own implementation, but tells it only to serialisation: it replaces itself by its serialised
     * form, which is looked at and then written as null.
     */
    private static SerializedLambda serializedForm(Object worker) {
        if (!worker.getClass().isSynthetic()) {
            return null;
        }
        SerializedLambda[] form = new SerializedLambda[1];
        try (ObjectOutputStream stream = new Spy(form)) {
            stream.writeObject(worker);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return form[0];
    }

    private static final class Spy extends ObjectOutputStream {

        private final SerializedLambda[] seen;

        Spy(SerializedLambda[] seen) throws IOException {
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
