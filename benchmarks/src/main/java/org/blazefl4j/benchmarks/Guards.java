package org.blazefl4j.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Measures what guarding a run costs if nothing happens: FedAvg's steps per second with retries, a time limit for
 * clients and the SHA-256 of the model after each round, over those without.
 *
 * <p>Rounds with and without run in pairs, in alternating order; each pair gives one ratio.
 */
final class Guards {

    private static final int WARM_UPS = 2;
    private static final Duration TIME_LIMIT = Duration.ofMinutes(10);

    private Guards() {}

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
        TrainerOptions bare = TrainerOptions.builder().numParallels(workers).build();
        TrainerOptions guarded = bare.toBuilder()
                .onClientFailure(FailurePolicy.retry(3))
                .clientTimeLimit(TIME_LIMIT)
                .build();
        try (TrainedFederation without = new TrainedFederation(mode, pairs + WARM_UPS, bare, false);
                TrainedFederation with = new TrainedFederation(mode, pairs + WARM_UPS, guarded, true)) {
            Pairs measured = Pairs.measure(WARM_UPS, pairs, without::stepsPerSecond, with::stepsPerSecond);
            return Measurement.of("guards " + mode, "steps/s", measured.second(), "unguarded", measured.first());
        }
    }
}
