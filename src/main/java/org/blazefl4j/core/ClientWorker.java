package org.blazefl4j.core;

import java.io.Serializable;

/**
 * The user's function that trains one client, in all execution modes. Process mode sends it to the workers by name, so
 * it is best a method reference to a static method:
 *
 * <pre>{@code
 * ClientWorker<Config, Down, Up> worker = MyClients::train;
 *
 * static Up train(Config config, Down payload, WorkerContext context) { ... }
 * }</pre>
 *
 * <p>A lambda may capture what a package may hold (numbers, strings, records, tensors). The trainer's constructor
 * refuses one that captures anything else, such as a trainer.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
@FunctionalInterface
public interface ClientWorker<C, D, U> extends Serializable {

    /**
     * Trains one client. Native memory that it allocates in its thread is freed when it returns, except the tensors of
     * the result.
     *
     * @param config what {@link ClientAlgorithm#getClientConfig(int)} returned for this client
     * @param payload the round's downlink package, valid until the call returns. Read-only, as the configuration and
     *     what is shared: in a worker process a write to their tensors ends the process and fails the client
     * @param context the worker's surroundings; valid until the call returns
     * @return the client's result; its tensors may be those of {@link WorkerContext#uplinkBuffer()}
     * @throws Exception fails this client: the trainer throws {@link ClientFailedException} with it as cause
     */
    U train(C config, D payload, WorkerContext context) throws Exception;
}
