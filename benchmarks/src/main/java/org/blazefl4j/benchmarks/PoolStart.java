package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;

/**
 * Measures how long a pool of workers takes from its constructor until all are ready. The baselines are as many bare
 * loops that start together, until each is ready to train, and a pool that starts without an archive of its classes.
 * The same is measured in a JVM that makes its first pool. Starts of all kinds alternate.
 *
 * <p>The archive is made first, in a temporary folder. The JVM makes one only if the class path has no folder, as with
 * the benchmarks' jar.
 */
final class PoolStart {

    private final Path cache;
    private final int workers;

    private PoolStart(Path cache, int workers) {
        this.cache = cache;
        this.workers = workers;
    }

    /**
     * Runs the benchmark.
     *
     * @param args {@code [--workers n] [--pairs n]}
     */
    static void run(String[] args, Consumer<Measurement> results) throws IOException, InterruptedException {
        NumberArguments asked = NumberArguments.parse(args, "--workers", "--pairs");
        int pairs = asked.get("--pairs", 9);
        int workers = asked.get("--workers", Runtime.getRuntime().availableProcessors());
        LibTorch.tune();
        Path cache = Files.createTempDirectory("blazefl4j-benchmark");
        try {
            new PoolStart(cache, workers).measure(pairs, results);
        } finally {
            delete(cache);
        }
    }

    private void measure(int pairs, Consumer<Measurement> results) throws IOException, InterruptedException {
        ClassArchives.make(cache);
        double[] warm = new double[pairs];
        double[] loops = new double[pairs];
        double[] without = new double[pairs];
        double[] cold = new double[pairs];
        double[] coldWithout = new double[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            warm[pair] = poolSeconds(true);
            loops[pair] = loopSeconds();
            without[pair] = poolSeconds(false);
            cold[pair] = firstPoolSeconds(true);
            coldWithout[pair] = firstPoolSeconds(false);
        }
        String of = " workers=" + workers;
        results.accept(Measurement.of("start" + of, "s", warm, "bare loops", loops));
        results.accept(Measurement.of("start from an archive" + of, "s", warm, "without", without));
        results.accept(Measurement.of("start of the first pool" + of, "s", cold, "without an archive", coldWithout));
    }

    /** Opens a pool and returns the seconds until all workers are ready. */
    private double poolSeconds(boolean archive) {
        long start = System.nanoTime();
        try (ProcessPoolClientTrainer<?, ?, ?> trainer = ClassArchives.pool(workers, cache, archive)) {
            trainer.awaitReady();
            return (System.nanoTime() - start) * 1e-9;
        }
    }

    private double loopSeconds() throws IOException, InterruptedException {
        long start = System.nanoTime();
        try (BareLoops all = new BareLoops(Workload.Size.USUAL, workers)) {
            return (System.nanoTime() - start) * 1e-9;
        }
    }

    private double firstPoolSeconds(boolean archive) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FirstPool.class.getName(),
                        cache.toString(),
                        Integer.toString(workers),
                        Boolean.toString(archive))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String seconds = new String(child.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        if (child.waitFor() != 0) {
            throw new IOException("first pool failed: exit=" + child.exitValue());
        }
        return Double.parseDouble(seconds);
    }

    /** The main class of a JVM that has loaded LibTorch and makes its first pool. */
    static final class FirstPool {

        private FirstPool() {}

        /**
         * Prints the seconds.
         *
         * @param args the cache folder, the number of workers, and whether there is an archive
         */
        public static void main(String[] args) {
            LibTorch.tune();
            PoolStart start = new PoolStart(Path.of(args[0]), Integer.parseInt(args[1]));
            System.out.println(start.poolSeconds(Boolean.parseBoolean(args[2])));
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
