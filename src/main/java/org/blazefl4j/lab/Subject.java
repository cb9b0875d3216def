package org.blazefl4j.lab;

import java.util.ArrayDeque;
import java.util.Deque;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;

/**
 * What is measured: both sides of a federation and the bare loops beside it.
 *
 * @param <U> the uplink package
 * @param <D> the downlink package
 */
final class Subject<U, D> implements AutoCloseable {

    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private ServerHandler<U, D> handler;
    private ClientTrainer<U, D> trainer;
    private BareLoops bare;

    /** How a subject is put together. */
    interface Parts<U, D> {
        void addTo(Subject<U, D> subject);
    }

    private Subject() {}

    /** A subject with its parts; closes them if one cannot be made. */
    static <U, D> Subject<U, D> of(Parts<U, D> parts) {
        Subject<U, D> subject = new Subject<>();
        try {
            parts.addTo(subject);
            return subject;
        } catch (Throwable failure) {
            subject.close();
            throw failure;
        }
    }

    /** Has something closed with the subject, after all that comes to be owned later. */
    <T extends AutoCloseable> T own(T resource) {
        owned.push(resource);
        return resource;
    }

    void handler(ServerHandler<U, D> made) {
        handler = made;
    }

    ServerHandler<U, D> handler() {
        return handler;
    }

    void trainer(ClientTrainer<U, D> made) {
        trainer = own(made);
    }

    ClientTrainer<U, D> trainer() {
        return trainer;
    }

    void bare(BareLoops made) {
        bare = own(made);
    }

    BareLoops bare() {
        return bare;
    }

    /** Closes all, also if one of them does not close. */
    @Override
    public void close() {
        if (!owned.isEmpty()) {
            try {
                close(owned.pop());
            } finally {
                close();
            }
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (RuntimeException failure) {
            throw failure;
        } catch (Exception failure) {
            throw new IllegalStateException("did not close: " + failure, failure);
        }
    }
}
