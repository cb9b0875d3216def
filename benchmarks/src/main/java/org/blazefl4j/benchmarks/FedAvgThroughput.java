package org.blazefl4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.SeededModelSelector;
import org.blazefl4j.data.FilteredDataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.Tensor;

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
    public static void main(String[] args) throws IOException, InterruptedException {
        int workers = Runtime.getRuntime().availableProcessors();
        int pairs = 7;
        List<ExecutionMode> modes = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--workers" -> workers = Integer.parseInt(args[++i]);
                case "--pairs" -> pairs = Integer.parseInt(args[++i]);
                default -> modes.add(ExecutionMode.valueOf(args[i]));
            }
        }
        LibTorch.tune();
        FedAvgThroughput benchmark = new FedAvgThroughput(workers, pairs);
        for (ExecutionMode mode : modes.isEmpty() ? List.of(ExecutionMode.values()) : modes) {
            benchmark.measure(mode);
        }
    }

    private void measure(ExecutionMode mode) throws IOException, InterruptedException {
        int loops = mode == ExecutionMode.serial ? 1 : workers;
        double[] bare = new double[pairs];
        double[] framework = new double[pairs];
        try (BareLoops baseline = new BareLoops(loops);
                Federation federation = new Federation(mode, workers, pairs + WARM_UPS)) {
            for (int pair = -WARM_UPS; pair < pairs; pair++) {
                double bareRate = baseline.stepsPerSecond();
                double frameworkRate = federation.stepsPerSecond();
                if (pair >= 0) {
                    bare[pair] = bareRate;
                    framework[pair] = frameworkRate;
                }
            }
        }
        print(mode, loops, bare, framework);
    }

    private static void print(ExecutionMode mode, int loops, double[] bare, double[] framework) {
        double[] ratios = IntStream.range(0, bare.length)
                .mapToDouble(i -> framework[i] / bare[i])
                .toArray();
        System.out.printf(
                Locale.ROOT,
                "%-8s %s steps/s, %d bare loop(s) %s steps/s, ratio %s, pairs=%d%n",
                mode,
                quartiles(framework, "%.1f"),
                loops,
                quartiles(bare, "%.1f"),
                quartiles(ratios, "%.3f"),
                ratios.length);
    }

    private static String quartiles(double[] values, String format) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        String pattern = format + " [" + format + ", " + format + "]";
        return String.format(
                Locale.ROOT, pattern, quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75));
    }

    private static double quantile(double[] sorted, double share) {
        double position = share * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
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

    /** The same training as a federation. */
    private static final class Federation implements AutoCloseable {

        private final Workload workload = Workload.create();
        private final List<Tensor> indices = new ArrayList<>();
        private final InMemoryPartitionedDataset<PartitionType> data = new InMemoryPartitionedDataset<>();
        private final FedAvgServerHandler handler;
        private final AbstractClientTrainer<FedAvgUplinkPackage, FedAvgDownlinkPackage, ClientConfig> trainer;

        Federation(ExecutionMode mode, int workers, int rounds) {
            TensorDataset whole = new TensorDataset(workload.images(), workload.labels());
            for (int client = 0; client < Workload.CLIENTS; client++) {
                indices.add(workload.indices(client));
                data.setDataset(PartitionType.TRAIN, client, new FilteredDataset(indices.get(client), whole));
            }
            data.setDataset(PartitionType.TEST, whole);
            SeededModelSelector models = new SeededModelSelector(42, 3, 32, 32, 10);
            SgdOptions options = new SgdOptions(1, Workload.BATCH, Workload.RATE);
            handler = new FedAvgServerHandler(models, ModelName.CNN, data, ServerOptions.of(rounds, Workload.CLIENTS));
            trainer = mode.trainer(
                    new FedAvgClients(models, ModelName.CNN, data, Workload.CLIENTS, options),
                    TrainerOptions.builder().numParallels(workers).build());
            trainer.share("images", workload.images());
            trainer.share("labels", workload.labels());
        }

        double stepsPerSecond() {
            List<Integer> cids = trainer.order(handler.sampleClients());
            long start = System.nanoTime();
            trainer.localProcess(handler.downlinkPackage(), cids, this::load);
            double seconds = (System.nanoTime() - start) * 1e-9;
            return Workload.CLIENTS * Workload.STEPS_PER_CLIENT / seconds;
        }

        private void load(FedAvgUplinkPackage uplink) {
            try (uplink) {
                handler.load(uplink);
            }
        }

        @Override
        public void close() {
            trainer.close();
            handler.close();
            data.close();
            indices.forEach(Tensor::close);
            workload.close();
        }
    }
}
