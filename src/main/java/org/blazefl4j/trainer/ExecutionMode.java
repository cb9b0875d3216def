package org.blazefl4j.trainer;

import java.util.Locale;
import org.blazefl4j.core.ClientAlgorithm;

/** How a round's clients are run. The same algorithm gives the same bits in each. */
public enum ExecutionMode {
    /** One after another on the calling thread. */
    SINGLE_THREADED,
    /** In threads of this process. */
    MULTI_THREADED,
    /** In worker processes. */
    MULTI_PROCESS;

    /**
     * Makes this mode's trainer, with the default {@link ProcessOptions}.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @param <C> the client's configuration
     * @param <D> the downlink package
     * @param <U> the uplink package
     * @throws IllegalArgumentException if algorithm or options are refused by the trainer's constructor
     * @throws IllegalStateException if its workers cannot start, or shared memory is too small
     */
    public <C, D, U> AbstractClientTrainer<C, D, U> trainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        return trainer(algorithm, options, ProcessOptions.defaults());
    }

    /**
     * Makes this mode's trainer, which the caller closes.
     *
     * @param algorithm the client side of the algorithm
     * @param options how clients are run
     * @param processOptions how worker processes are started and watched; ignored in the other modes
     * @param <C> the client's configuration
     * @param <D> the downlink package
     * @param <U> the uplink package
     * @throws IllegalArgumentException if algorithm or options are refused by the trainer's constructor
     * @throws IllegalStateException if its workers cannot start, or shared memory is too small
     */
    public <C, D, U> AbstractClientTrainer<C, D, U> trainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options, ProcessOptions processOptions) {
        return switch (this) {
            case SINGLE_THREADED -> new SerialClientTrainer<>(algorithm, options);
            case MULTI_THREADED -> new ThreadPoolClientTrainer<>(algorithm, options);
            case MULTI_PROCESS -> new ProcessPoolClientTrainer<>(algorithm, options, processOptions);
        };
    }

    /** The name in lower case, such as {@code multi-process}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
