package org.blazefl4j.core;

import java.io.Serializable;

/**
 * Evaluates one client where its samples and its state are, in all execution modes. Like a {@link ClientWorker} it is
 * best a method reference to a static method, or a record.
 *
 * @param <C> the client's configuration
 * @param <D> the downlink package
 * @param <R> the result of one client
 */
@FunctionalInterface
public interface ClientEvaluator<C, D, R> extends Serializable {

    /**
     * Evaluates one client. Native memory that it allocates in its thread is freed when it returns.
     *
     * @param config the result of {@link ClientAlgorithm#getClientConfig} for this client
     * @param payload read-only, like the configuration and shared tensors; valid until the call returns
     * @param context valid until the call returns. {@code state()} is what the client kept last, {@code round()} the
     *     trainer's next round; streams differ from those of training; {@code keepState} and {@code uplinkBuffer}
     *     throw. {@code get} shares its resources with training
     * @return anything a package may hold except tensors
     * @throws Exception fails the client: {@link ClientTrainer#evaluate} throws {@link ClientFailedException} with it
     *     as cause
     */
    R evaluate(C config, D payload, WorkerContext context) throws Exception;
}
