package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Compares the evaluation of a server's model by all workers with the same on the calling thread, in samples per
 * second.
 *
 * <p>Both alternate in pairs, and take turns in being first; each pair gives one ratio, at best the number of workers.
 */
final class SharedEvaluation {

    private static final int WARM_UPS = 2;

    private SharedEvaluation() {}

    /**
     * Measures the modes that the arguments name, or threads and processes.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        PairArguments asked =
                PairArguments.parse(args, 15, List.of(ExecutionMode.MULTI_THREADED, ExecutionMode.MULTI_PROCESS));
        LibTorch.tune();
        for (ExecutionMode mode : asked.modes()) {
            results.accept(measure(mode, asked.workers(), asked.pairs()));
        }
    }

    private static Measurement measure(ExecutionMode mode, int workers, int pairs) {
        TrainerOptions options = TrainerOptions.builder().numParallels(workers).build();
        try (TrainedFederation federation = new TrainedFederation(mode, 1, options, false)) {
            Pairs measured = Pairs.measure(
                    WARM_UPS, pairs, federation::samplesPerSecondByWorkers, federation::samplesPerSecondAlone);
            return Measurement.of("evaluation " + mode, "samples/s", measured.first(), "one thread", measured.second());
        }
    }
}
