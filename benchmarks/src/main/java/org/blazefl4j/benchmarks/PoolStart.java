package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;

/**
 * How long a pool of workers takes from its constructor until all are ready, over bare loops that start at the same
 * time, one process per worker, until each could begin to train. Starts of both alternate.
 *
 * <p>The first pool is not timed and is kept for a while, in which what later starts find in the cache folder is made.
 */
final class PoolStart {

    private static final int FLOATS = 62_006;
    private static final long KEPT_SECONDS = 10;

    private PoolStart() {}

    /**
     * Measures process mode.
     *
     * @param args {@code [--workers n] [--pairs n]}
     */
    static void run(String[] args, Consumer<Measurement> results) throws IOException, InterruptedException {
        NumberArguments asked = NumberArguments.parse(args, "--workers", "--pairs");
        int workers = asked.get("--workers", Runtime.getRuntime().availableProcessors());
        int pairs = asked.get("--pairs", 9);
        LibTorch.tune();
        try (EmptyFederation first = new EmptyFederation(ExecutionMode.process, FLOATS, workers)) {
            TimeUnit.SECONDS.sleep(KEPT_SECONDS);
        }
        double[] pools = new double[pairs];
        double[] loops = new double[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            pools[pair] = poolSeconds(workers);
            loops[pair] = loopSeconds(workers);
        }
        results.accept(Measurement.of("start workers=" + workers, "s", pools, "bare loops", loops));
    }

    private static double poolSeconds(int workers) {
        long start = System.nanoTime();
        try (EmptyFederation pool = new EmptyFederation(ExecutionMode.process, FLOATS, workers)) {
            return (System.nanoTime() - start) * 1e-9;
        }
    }

    private static double loopSeconds(int workers) throws IOException, InterruptedException {
        long start = System.nanoTime();
        try (BareLoops loops = new BareLoops(workers)) {
            return (System.nanoTime() - start) * 1e-9;
        }
    }
}
