package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.util.Arrays;
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

    /**
     * Lets HotSpot compile what runs once for each client, as in a run, which has hundreds of rounds: its C2 takes up
     * to a tenth of a core in the first twenty.
     */
    private static final int WARM_UPS = 30;

    private final Workload.Size size;
    private final int workers;
    private final int pairs;

    private FedAvgThroughput(Workload.Size size, PairArguments asked) {
        this.size = size;
        this.workers = asked.workers();
        this.pairs = asked.pairs();
    }

    /**
     * Measures the modes that the arguments name, or all.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) throws IOException, InterruptedException {
        PairArguments asked = PairArguments.parse(args, 7, List.of(ExecutionMode.values()));
        LibTorch.tune();
        for (ExecutionMode mode : asked.modes()) {
            Pairs rates = new FedAvgThroughput(Workload.Size.USUAL, asked).measure(mode);
            String baseline = loops(mode, asked.workers()) + " bare loop(s)";
            results.accept(Measurement.of("fedavg " + mode, "steps/s", rates.first(), baseline, rates.second()));
        }
    }

    /** Measures what a client of few samples costs beyond its steps, in microseconds of a core, likewise. */
    static void runSmall(String[] args, Consumer<Measurement> results) throws IOException, InterruptedException {
        PairArguments asked = PairArguments.parse(args, 15, List.of(ExecutionMode.values()));
        LibTorch.tune();
        for (ExecutionMode mode : asked.modes()) {
            Pairs rates = new FedAvgThroughput(Workload.Size.SMALL, asked).measure(mode);
            double cores = loops(mode, asked.workers());
            double[] steps = Arrays.stream(rates.second())
                    .map(rate -> micros(cores, rate))
                    .toArray();
            double[] beyond = new double[steps.length];
            Arrays.setAll(beyond, pair -> micros(cores, rates.first()[pair]) - steps[pair]);
            results.accept(Measurement.of("small " + mode, "us/client", beyond, "its steps", steps));
        }
    }

    /** Returns the time that a client takes on a core. */
    private static double micros(double cores, double stepsPerSecond) {
        return 1e6 * cores * Workload.Size.SMALL.steps() / stepsPerSecond;
    }

    private static int loops(ExecutionMode mode, int workers) {
        return mode == ExecutionMode.SINGLE_THREADED ? 1 : workers;
    }

    private Pairs measure(ExecutionMode mode) throws IOException, InterruptedException {
        Pairs rates = new Pairs(new double[pairs], new double[pairs]);
        try (BareLoops baseline = new BareLoops(size, loops(mode, workers));
                TrainedFederation federation = new TrainedFederation(
                        size,
                        mode,
                        pairs + WARM_UPS,
                        TrainerOptions.builder().numParallels(workers).build(),
                        false,
                        fedAvg -> fedAvg)) {
            for (int pair = -WARM_UPS; pair < pairs; pair++) {
                int to = Math.max(pair, 0); // pair 0 overwrites the warm-ups
                rates.second()[to] = baseline.stepsPerSecond();
                rates.first()[to] = federation.stepsPerSecond();
            }
        }
        return rates;
    }
}
