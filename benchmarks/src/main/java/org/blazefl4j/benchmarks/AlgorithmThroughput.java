package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.federation.algorithm.ServerOptimizers;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Measures what algorithms cost: their steps per second over FedAvg's, with the model, data and rounds of
 * {@link FedAvgThroughput}.
 *
 * <p>Rounds of both run in pairs, in alternating order; each pair gives one ratio.
 */
final class AlgorithmThroughput {

    private static final int WARM_UPS = 2;

    private static final Map<String, UnaryOperator<Federation>> ALGORITHMS = new TreeMap<>(Map.of(
            "fedprox", Algorithms.fedProx(0.01),
            "fednova", Algorithms.fedNova(Weighting.BY_SAMPLES),
            "feddyn", Algorithms.fedDyn(0.01),
            "scaffold", Algorithms.scaffold(1, Weighting.BY_SAMPLES),
            "momentum", fedAvg -> fedAvg.serverOptimizer(ServerOptimizers.sgd(1, 0.9)),
            "adam", fedAvg -> fedAvg.serverOptimizer(ServerOptimizers.adam(0.01))));

    private AlgorithmThroughput() {}

    /**
     * Measures all algorithms in the modes that the arguments name, or in processes.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        PairArguments asked = PairArguments.parse(args, 9, List.of(ExecutionMode.MULTI_PROCESS));
        LibTorch.tune();
        TrainerOptions options =
                TrainerOptions.builder().numParallels(asked.workers()).build();
        for (ExecutionMode mode : asked.modes()) {
            ALGORITHMS.forEach(
                    (name, algorithm) -> results.accept(measure(name, algorithm, mode, options, asked.pairs())));
        }
    }

    private static Measurement measure(
            String name, UnaryOperator<Federation> algorithm, ExecutionMode mode, TrainerOptions options, int pairs) {
        int rounds = pairs + WARM_UPS;
        try (TrainedFederation fedAvg = new TrainedFederation(mode, rounds, options, false);
                TrainedFederation other =
                        new TrainedFederation(Workload.Size.USUAL, mode, rounds, options, false, algorithm)) {
            Pairs measured = Pairs.measure(WARM_UPS, pairs, fedAvg::stepsPerSecond, other::stepsPerSecond);
            return Measurement.of(
                    "algorithm " + name + " " + mode, "steps/s", measured.second(), "FedAvg", measured.first());
        }
    }
}
