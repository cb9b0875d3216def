package org.blazefl4j.benchmarks;

import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;

/**
 * Compares what a client costs in rounds of 1 000 and of 10 000 clients with what it costs in rounds of 100. The rounds
 * are empty, have 62 006 floats, and stream.
 *
 * <p>Each repetition measures all three sizes one after another, and repeats the smaller rounds up to 10 000 clients.
 */
final class ClientScaling {

    private static final int FLOATS = 62_006;
    private static final int MOST = 10_000;
    private static final int[] SIZES = {100, 1_000, MOST};
    private static final int WARM_UPS = 2;

    private ClientScaling() {}

    /**
     * Measures the modes that the arguments name, or all.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        PairArguments asked = PairArguments.parse(args, 9, List.of(ExecutionMode.values()));
        LibTorch.tune();
        for (ExecutionMode mode : asked.modes()) {
            measure(mode, asked, results);
        }
    }

    private static void measure(ExecutionMode mode, PairArguments asked, Consumer<Measurement> results) {
        double[][] micros = new double[SIZES.length][asked.pairs()];
        try (EmptyFederation federation = new EmptyFederation(mode, FLOATS, asked.workers())) {
            for (int pair = -WARM_UPS; pair < asked.pairs(); pair++) {
                for (int size = 0; size < SIZES.length; size++) {
                    micros[size][Math.max(pair, 0)] = microsPerClient(federation, SIZES[size]); // 0 overwrites warm-ups
                }
            }
        }
        for (int size = 1; size < SIZES.length; size++) {
            results.accept(Measurement.of(
                    "clients " + mode + " clients=" + SIZES[size],
                    "us/client",
                    micros[size],
                    "100 clients",
                    micros[0]));
        }
    }

    private static double microsPerClient(EmptyFederation federation, int clients) {
        long nanos = 0;
        for (int done = 0; done < MOST; done += clients) {
            nanos += federation.round(clients);
        }
        return nanos * 1e-3 / MOST;
    }
}
