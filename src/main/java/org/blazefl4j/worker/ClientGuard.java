package org.blazefl4j.worker;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Observes a client, and may replace its outcome by a failure. */
interface ClientGuard {

    /** Called before the client runs. */
    default void begin(ClientJob job) {}

    /**
     * Called after the client has run.
     *
     * @param thrown the client's exception, if it threw one
     * @throws RuntimeException to replace the client's outcome
     */
    void end(ClientJob job, @Nullable Throwable thrown);

    default <T> T during(ClientJob job, Callable<T> client) throws Exception {
        begin(job);
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            end(job, thrown);
            throw thrown;
        }
        end(job, null);
        return result;
    }
}
