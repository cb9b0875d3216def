package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * Compares an empty round of 100 clients and 62 006 floats by workers that live as long as the trainer with one whose
 * workers are started before it and stopped after it.
 */
final class PoolPerRound {

    private static final int FLOATS = 62_006;
    private static final int CLIENTS = 100;
    private static final int WARM_UPS = 10;

    private PoolPerRound() {}

    /**
     * Measures the modes that the arguments name, or threads and processes.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        PairArguments asked =
                PairArguments.parse(args, 5, List.of(ExecutionMode.MULTI_THREADED, ExecutionMode.MULTI_PROCESS));
        LibTorch.tune();
        for (ExecutionMode mode : asked.modes()) {
            results.accept(measure(mode, asked));
        }
    }

    private static Measurement measure(ExecutionMode mode, PairArguments asked) {
        double[] living = new double[asked.pairs()];
        double[] started = new double[asked.pairs()];
        try (EmptyFederation federation = new EmptyFederation(mode, FLOATS, asked.workers())) {
            for (int round = 0; round < WARM_UPS; round++) {
                federation.round(CLIENTS);
            }
            for (int pair = 0; pair < asked.pairs(); pair++) {
                living[pair] = federation.round(CLIENTS) * 1e-6;
                started[pair] = withPoolOfItsOwn(mode, asked.workers()) * 1e-6;
            }
        }
        return Measurement.of("pool " + mode, "ms", living, "a pool per round", started);
    }

    private static long withPoolOfItsOwn(ExecutionMode mode, int workers) {
        long start = System.nanoTime();
        try (EmptyFederation federation = new EmptyFederation(mode, FLOATS, workers)) {
            federation.round(CLIENTS);
        }
        return System.nanoTime() - start;
    }
}
