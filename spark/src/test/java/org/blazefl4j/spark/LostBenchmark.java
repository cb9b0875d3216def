package org.blazefl4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.blazefl4j.spark.Probe.Deed;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/** Kills executors with SIGKILL while a client trains, and measures when Spark says so and when the client goes on. */
final class LostBenchmark {

    private static final int TIMES = 8;
    private static final int CLIENTS = 6;

    private LostBenchmark() {}

    static void run(JavaSparkContext spark, int executors) throws IOException {
        AtomicLong removed = new AtomicLong();
        spark.sc().addSparkListener(new SparkListener() {
            @Override
            public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
                removed.set(event.time());
            }
        });
        for (int i = 0; i < TIMES; i++) {
            Cluster.await("executors", () -> spark.statusTracker().getExecutorInfos().length == executors + 1);
            removed.set(0);
            Path folder = Files.createTempDirectory("blazefl4j-lost");
            long[] killed = new long[1];
            Probe probe =
                    new Probe(Files.createDirectory(folder.resolve("round")), Map.of(CLIENTS - 1, Deed.WAIT_ONCE));
            CompletableFuture<Void> kill = CompletableFuture.runAsync(() -> {
                Cluster.await("client", () -> probe.begun(CLIENTS - 1).length == 2);
                killed[0] = System.currentTimeMillis();
                ProcessHandle.of(probe.begun(CLIENTS - 1)[0]).orElseThrow().destroyForcibly();
            });
            SparkOptions options = SparkOptions.defaults().withClientsPerTask(CLIENTS / executors);
            Probe before = new Probe(folder, Map.of());
            do {
                train(spark, before, options);
            } while (before.begun(0)[0] == before.begun(CLIENTS - 1)[0]); // an executor is still starting
            List<String> found = train(spark, probe, options);
            long end = System.currentTimeMillis();
            kill.join();
            Cluster.await("Spark's word", () -> removed.get() > 0);
            long again = probe.begun(CLIENTS - 1)[1];
            System.out.println("Spark's word " + (removed.get() - killed[0]) + " ms after the kill, the client again "
                    + (again - removed.get()) + " ms after it, end of round " + (end - removed.get()) + " ms after it, "
                    + (found.equals(expected(probe)) ? "same bits" : "OTHER BITS"));
            Cluster.delete(folder);
        }
    }

    private static List<String> train(JavaSparkContext spark, Probe probe, SparkOptions options) {
        try (var trainer = new SparkClientTrainer<>(spark, probe, TrainerOptions.defaults(), options)) {
            return Probe.round(trainer, CLIENTS);
        }
    }

    private static List<String> expected(Probe probe) {
        try (var here = ExecutionMode.SINGLE_THREADED.trainer(probe, TrainerOptions.defaults())) {
            return Probe.round(here, CLIENTS);
        }
    }
}
