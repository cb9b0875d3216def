package org.blazefl4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.data.Partitioner;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelBroadcast;
import org.blazefl4j.federation.ModelUpdate;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.ResourceStack;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Measures rounds on a cluster of this machine beside Spark's own jobs, in turns: {@code spark/benchmark}. Prints
 * medians in milliseconds, with quartiles.
 */
final class RoundBenchmark {

    private static final int SMALL = 62_006;
    private static final int LARGE = 11_191_262;

    private final Map<String, Supplier<String>> phases = new LinkedHashMap<>();
    private final Map<String, Runnable> cases = new LinkedHashMap<>();
    private final JavaSparkContext spark;
    private ResourceStack opened = new ResourceStack();

    private RoundBenchmark(JavaSparkContext spark) {
        this.spark = spark;
    }

    /** Measures what is named, or all: {@code empty}, {@code large}, {@code train}, {@code lost}. */
    public static void main(String[] args) throws Exception {
        LibTorch.tune();
        List<String> names = args.length == 0 ? List.of("empty", "large", "train", "lost") : List.of(args);
        for (String name : names) {
            int[] executors = name.equals("train") ? new int[] {1, 2, 4} : new int[] {2};
            for (int count : executors) {
                Path folder = Files.createTempDirectory("blazefl4j-benchmark");
                try (Cluster cluster = new Cluster(folder, count, 1);
                        JavaSparkContext spark = new JavaSparkContext(cluster.conf(name)
                                .set("spark.executor.memory", "2g")
                                .set("spark.executor.extraJavaOptions", "-XX:+UseParallelGC"))) {
                    new RoundBenchmark(spark).measure(name, count);
                }
                Cluster.delete(folder);
            }
        }
    }

    private void measure(String name, int executors) throws IOException {
        switch (name) {
            case "empty" -> empty();
            case "large" -> large();
            case "train" -> train(executors);
            case "lost" -> LostBenchmark.run(spark, executors);
            default ->
                throw new IllegalArgumentException(
                        "no such benchmark: name=" + name + ", expected=empty, large, train or lost");
        }
    }

    // ---- empty rounds

    /** Clients that return what they receive, each another multiple of it, so that sums are no floats. */
    record Echo(int numel) implements ClientAlgorithm<Integer, ModelBroadcast, ModelUpdate> {

        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, ModelBroadcast, ModelUpdate> worker() {
            return Echo::train;
        }

        @Override
        public ModelUpdate prepareUplinkPackageBuffer() {
            return update(0, torch.empty(numel));
        }

        private static ModelUpdate update(int cid, Tensor parameters) {
            return new ModelUpdate(cid, parameters, false, 1, List.of(), Map.of(), Map.of());
        }

        static ModelUpdate train(Integer cid, ModelBroadcast payload, WorkerContext context) {
            ModelUpdate buffer = context.uplinkBuffer();
            Tensor parameters = buffer.parameters();
            parameters.copy_(payload.parameters()).mul_(new Scalar(1 + cid / 64f));
            return update(cid, parameters);
        }
    }

    private void empty() {
        for (int tasks : new int[] {2, 8}) {
            cases.put("Spark's empty job, " + tasks + " tasks", () -> emptyJob(tasks));
        }
        rounds("SUMS, 100 clients of 62 006 floats, 2 tasks", SMALL, 100, 2, Results.SUMS);
        rounds("SUMS, 100 clients of 62 006 floats, 8 tasks", SMALL, 100, 8, Results.SUMS);
        rounds("EACH, 100 clients of 62 006 floats, 2 tasks", SMALL, 100, 2, Results.EACH);
        rounds("EACH, 100 clients of 62 006 floats, 8 tasks", SMALL, 100, 8, Results.EACH);
        cases.put("Spark broadcasts 248 KB and returns 2 × 12.4 MB", () -> move(4L * SMALL, 50 * 4L * SMALL));
        rounds("EACH, 2 clients of 1 float, 2 tasks", 1, 2, 2, Results.EACH);
        run(40);
    }

    private void emptyJob(int tasks) {
        List<Integer> numbers = IntStream.range(0, tasks).boxed().toList();
        spark.parallelize(numbers, tasks).foreachPartition(numbersOfTask -> {});
    }

    private void large() {
        large("returns 2 × 90 MB", 8L * LARGE, "SUMS, 2 clients", 2, Results.SUMS);
        large("returns 2 × 90 MB", 8L * LARGE, "SUMS, 10 clients", 10, Results.SUMS);
        large("returns 10 × 45 MB", 5 * 4L * LARGE, "EACH, 10 clients", 10, Results.EACH);
    }

    /** One trainer at a time, because each keeps memory of the heaps that Spark's own jobs need, too. */
    private void large(String baseline, long back, String name, int clients, Results results) {
        cases.put("Spark broadcasts 45 MB and " + baseline, () -> move(4L * LARGE, back));
        rounds(name + " of 11.2 M floats, 2 tasks", LARGE, clients, 2, results);
        run(8);
    }

    /** Spark compresses broadcasts, so these bytes are as random as those of a model. */
    private void move(long there, long back) {
        byte[] model = new byte[(int) there];
        new Random(1).nextBytes(model);
        Broadcast<byte[]> bytes = spark.broadcast(model);
        spark.parallelize(List.of(0, 1), 2)
                .map(task -> new byte[(int) back + bytes.value()[0]])
                .collect();
        bytes.destroy();
    }

    private void rounds(String name, int numel, int clients, int tasks, Results results) {
        SparkOptions options = SparkOptions.defaults().withResults(results).withClientsPerTask(clients / tasks);
        var trainer = opened.add(new SparkClientTrainer<>(spark, new Echo(numel), TrainerOptions.defaults(), options));
        List<Integer> cids = IntStream.range(0, clients).boxed().toList();
        ModelBroadcast payload = new ModelBroadcast(torch.rand(numel), List.of(), Map.of());
        MeanAggregator mean = new MeanAggregator(ServerOptions.of(1, 1), numel, Weighting.UNIFORM);
        Tensor out = torch.empty(numel);
        phases.put(name, () -> String.valueOf(trainer.phases()));
        cases.put(name, () -> {
            if (results == Results.SUMS) {
                trainer.localProcessInSums(payload, cids, sum(numel), (updates, total) -> mean.addSum(total));
            } else {
                each(trainer, payload, cids, mean);
            }
            mean.model(payload.parameters(), out);
            mean.clear();
        });
    }

    @SuppressWarnings("unchecked") // a sum of any packages is one of these
    private static PackageSum<ModelUpdate> sum(int numel) {
        return (PackageSum<ModelUpdate>) (PackageSum<?>) MeanAggregator.packageSum(numel, Weighting.UNIFORM, 0);
    }

    private static void each(
            ClientTrainer<ModelBroadcast, ModelUpdate> trainer,
            ModelBroadcast payload,
            List<Integer> cids,
            MeanAggregator mean) {
        trainer.localProcessInAnyOrder(payload, cids, updates -> {
            updates.forEach(mean::add);
            mean.fold();
            updates.forEach(ModelUpdate::close);
        });
    }

    /** Runs all cases in turns, and forgets them. */
    private void run(int times) {
        Map<String, List<Double>> millis = new LinkedHashMap<>();
        for (int i = -1; i < times; i++) {
            for (Map.Entry<String, Runnable> each : cases.entrySet()) {
                long start = System.nanoTime();
                each.getValue().run();
                if (i >= 0) {
                    millis.computeIfAbsent(each.getKey(), none -> new ArrayList<>())
                            .add((System.nanoTime() - start) * 1e-6);
                }
            }
        }
        millis.forEach(RoundBenchmark::print);
        phases.forEach((name, last) -> System.out.println(name + " " + last.get()));
        opened.close();
        opened = new ResourceStack();
        phases.clear();
        cases.clear();
    }

    private static void print(String name, List<Double> millis) {
        double[] sorted = millis.stream().mapToDouble(each -> each).sorted().toArray();
        System.out.println(String.format(
                Locale.ROOT,
                "%-50s %8.1f ms  [%.1f, %.1f], least %.1f",
                name,
                sorted[sorted.length / 2],
                sorted[sorted.length / 4],
                sorted[3 * sorted.length / 4],
                sorted[0]));
    }

    // ---- training

    private void train(int executors) {
        try (ImageData images = ImageData.fashionMnist();
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            int clients = 40;
            data.setClients(
                    PartitionType.TRAIN,
                    images.train(),
                    Partitioner.iid().partition(images.trainLabels(), clients, 42));
            data.setDataset(PartitionType.TEST, images.test());
            Federation federation = Federation.of(
                            ModelSelector.seeded(42, 1, 28, 28, 10), ModelName.CNN, data, ServerOptions.of(4, clients))
                    .local(new SgdOptions(40, 50, 0.05));
            if (executors == 1) {
                try (var trainer =
                        ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), TrainerOptions.defaults())) {
                    print("one thread, no Spark", federation, trainer);
                }
            }
            for (Results results : Results.values()) {
                SparkOptions options = SparkOptions.defaults().withResults(results);
                try (var trainer =
                        new SparkClientTrainer<>(spark, federation.clients(), TrainerOptions.defaults(), options)) {
                    print(executors + " executors, " + results, federation, trainer);
                }
            }
        }
    }

    private static void print(String name, Federation federation, ClientTrainer<ModelBroadcast, ModelUpdate> trainer) {
        List<Double> millis = new ArrayList<>();
        try (var handler = federation.handler()) {
            new Simulation<>(handler, trainer)
                    .evaluateEvery(100)
                    .addListener(new RoundListener<>() {
                        @Override
                        public void roundFinished(RoundReport report) {
                            if (report.round() > 0) {
                                millis.add(report.phases().total().toNanos() * 1e-6);
                            }
                        }
                    })
                    .run();
            print(name + " " + handler.sha256().substring(0, 8), millis);
        }
    }
}
