package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Compares the steps per second of FedAvg's rounds, from publishing to the last fold, with those of bare loops, one
 * process per worker, all at the same time.
 *
 * <p>Rounds and loops alternate in pairs, so that both see the same machine; each pair gives one ratio. The serial mode
 * is compared with one bare loop.
 */
final class FedAvgThroughput {

    /** Lets HotSpot compile what runs once for each client, as in a run, which has hundreds of rounds. */
    private static final int WARM_UPS = 10;

    private final int workers;
    private final int pairs;

    private FedAvgThroughput(int workers, int pairs) {
        this.workers = workers;
        this.pairs = pairs;
    }

    /**
     * Measures the modes that the arguments name, or all.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) throws IOException, InterruptedException {
        PairArguments asked = PairArguments.parse(args, 7, List.of(ExecutionMode.values()));
        LibTorch.tune();
        FedAvgThroughput benchmark = new FedAvgThroughput(asked.workers(), asked.pairs());
        for (ExecutionMode mode : asked.modes()) {
            results.accept(benchmark.measure(mode));
        }
    }

    private Measurement measure(ExecutionMode mode) throws IOException, InterruptedException {
        int loops = mode == ExecutionMode.SINGLE_THREADED ? 1 : workers;
        double[] bare = new double[pairs];
        double[] framework = new double[pairs];
        try (BareLoops baseline = new BareLoops(loops);
                TrainedFederation federation = new TrainedFederation(
                        mode,
                        pairs + WARM_UPS,
                        TrainerOptions.builder().numParallels(workers).build(),
                        false)) {
            for (int pair = -WARM_UPS; pair < pairs; pair++) {
                double bareRate = baseline.stepsPerSecond();
                double frameworkRate = federation.stepsPerSecond();
                if (pair >= 0) {
                    bare[pair] = bareRate;
                    framework[pair] = frameworkRate;
                }
            }
        }
        return Measurement.of("fedavg " + mode, "steps/s", framework, loops + " bare loop(s)", bare);
    }
}
