package org.blazefl4j.trainer;

import java.util.Locale;
import org.blazefl4j.core.ClientAlgorithm;

/** How a round's clients are run. The same algorithm gives the same bits in every mode. */
public enum ExecutionMode {
    /** One after another on the calling thread. */
    SINGLE_THREADED,
    /** In threads of this process. */
    MULTI_THREADED,
    /** In worker processes. */
    MULTI_PROCESS;

    /** Creates this mode's trainer with the default {@link ProcessOptions}. */
    public <C, D, U> AbstractClientTrainer<C, D, U> trainer(
            ClientAlgorithm<C, D, U> algorithm, TrainerOptions options) {
        return trainer(algorithm, options, ProcessOptions.defaults());
    }

    /**
     * Creates this mode's trainer, which the caller closes.
     *
     * <pre>{@code
     * try (var trainer = ExecutionMode.MULTI_PROCESS.trainer(algorithm, options, ProcessOptions.defaults())) {
     *     new Simulation<>(handler, trainer).run();
     * }
     * }</pre>
     *
     * @param processOptions used in process mode only
     * @throws IllegalArgumentException if the mode cannot run the algorithm with these options, as its trainer's
     *     constructor says
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

    /** Returns the name in lower case, such as {@code multi-process}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
