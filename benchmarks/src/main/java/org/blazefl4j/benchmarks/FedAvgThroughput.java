package org.blazefl4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * FedAvg steps per second of whole rounds, from publishing to the last fold, over the sum of bare loops, one process
 * per worker at the same time.
 *
 * <p>Rounds and loops alternate in pairs, so that both see the same machine; each pair gives one ratio. The serial mode
 * is held against one bare loop.
 */
final class FedAvgThroughput {

    private static final int WARM_UPS = 2;

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
        int loops = mode == ExecutionMode.serial ? 1 : workers;
        double[] bare = new double[pairs];
        double[] framework = new double[pairs];
        try (BareLoops baseline = new BareLoops(loops);
                FedAvgFederation federation = new FedAvgFederation(
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

    /** Bare loops in processes of their own, idle unless measured. */
    private static final class BareLoops implements AutoCloseable {

        private final List<Loop> loops = new ArrayList<>();

        BareLoops(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                loops.add(new Loop());
            }
            for (Loop loop : loops) {
                loop.expect("ready");
            }
        }

        /** All loops at once, each with its share of the clients; the sum of their rates. */
        double stepsPerSecond() throws IOException {
            int clients = Workload.CLIENTS / loops.size();
            for (Loop loop : loops) {
                loop.input.println(clients);
                loop.input.flush();
            }
            double rate = 0;
            for (Loop loop : loops) {
                long nanos = Long.parseLong(loop.line());
                rate += clients * Workload.STEPS_PER_CLIENT / (nanos * 1e-9);
            }
            return rate;
        }

        @Override
        public void close() throws InterruptedException {
            for (Loop loop : loops) {
                loop.input.close();
                loop.process.waitFor();
            }
        }
    }

    /** One bare loop: a child with the run-time set-up that the library gives to its workers. */
    private static final class Loop {

        private final Process process;
        private final PrintStream input;
        private final BufferedReader output;

        Loop() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                    System.getProperty("java.home") + "/bin/java",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                    "-Dorg.bytedeco.javacpp.maxBytes=0",
                    "-cp",
                    System.getProperty("java.class.path"),
                    BareLoop.class.getName());
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
            process = builder.start();
            input = new PrintStream(process.getOutputStream(), false, StandardCharsets.US_ASCII);
            output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        }

        String line() throws IOException {
            String line = output.readLine();
            if (line == null) {
                throw new IOException("bare loop ended: pid=" + process.pid());
            }
            return line;
        }

        void expect(String word) throws IOException {
            String line = line();
            if (!line.equals(word)) {
                throw new IOException("bare loop said: line=" + line + ", limit=" + word);
            }
        }
    }
}
