package org.blazefl4j.core;

import java.io.Serializable;

/**
 * The function that trains one client, in every execution mode. Process mode sends it to workers by name, so prefer a
 * method reference to a static method:
 *
 * <pre>{@code
 * ClientWorker<Config, Down, Up> worker = MyClients::train;
 *
 * static Up train(Config config, Down payload, WorkerContext context) {
 *     Model model = context.get("model", MyModel::new);
 *     model.load(payload.parameters());
 *     for (Batch batch : config.batches(context.generator("shuffle"))) {
 *         context.stopEvent().throwIfSet();
 *         model.step(batch);
 *     }
 *     return new Up(model.parameters(), config.dataSize());
 * }
 * }</pre>
 *
 * <p>A lambda may capture what a package may hold (numbers, strings, records, tensors). The trainer's constructor
 * rejects a lambda that captures anything else, such as a trainer.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <U> the uplink package
 */
@FunctionalInterface
public interface ClientWorker<C, D, U> extends Serializable {

    /**
     * Trains one client. Native memory that its thread allocates is freed when it returns, except the result's tensors.
     *
     * @param config the result of {@link ClientAlgorithm#getClientConfig} for this client
     * @param payload the round's downlink package, valid until the call returns. Read-only, like the configuration and
     *     shared tensors: in a worker process, writing to them ends the process and fails the client
     * @param context random streams, kept models, client state and the stop event; valid until the call returns
     * @return the client's result; may use the tensors of {@link WorkerContext#uplinkBuffer()}
     * @throws Exception fails this client: it becomes the cause of a {@link ClientFailedException}
     */
    U train(C config, D payload, WorkerContext context) throws Exception;
}
