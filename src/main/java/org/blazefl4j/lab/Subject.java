package org.blazefl4j.lab;

import java.util.ArrayDeque;
import java.util.Deque;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ServerHandler;

/**
 * What is measured: both sides of a federation and the bare loops beside it.
 *
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
final class Subject<D, U> implements AutoCloseable {

    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private ServerHandler<D, U> handler;
    private ClientTrainer<D, U> trainer;
    private BareLoops bare;

    /** How a subject is put together. */
    interface Parts<D, U> {
        void addTo(Subject<D, U> subject);
    }

    private Subject() {}

    /** A subject with its parts; closes them if one cannot be made. */
    static <D, U> Subject<D, U> of(Parts<D, U> parts) {
        Subject<D, U> subject = new Subject<>();
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

    void handler(ServerHandler<D, U> made) {
        handler = made;
    }

    ServerHandler<D, U> handler() {
        return handler;
    }

    void trainer(ClientTrainer<D, U> made) {
        trainer = own(made);
    }

    ClientTrainer<D, U> trainer() {
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
