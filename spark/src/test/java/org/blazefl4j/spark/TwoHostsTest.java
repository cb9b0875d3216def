package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.blazefl4j.spark.Probe.Deed;
import org.blazefl4j.spark.SparkOptions.Results;
import org.blazefl4j.spark.Study.Rule;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts, one of them in a network of its own, give the bits of one machine, and of the one that is left. */
final class TwoHostsTest {

    private static final int CLIENTS = 6;

    @TempDir
    private Path folder;

    @Test
    void shouldGiveTheBitsOfOneMachineOnTwoHostsUntilAndAfterOneFallsSilent() throws IOException {
        try (NetworkNamespace other = otherHost();
                Cluster cluster = new Cluster(
                        folder, other.near(), Map.of(other.near(), List.of(), other.far(), other.there()), 1);
                JavaSparkContext spark = new JavaSparkContext(conf(cluster))) {
            assertThat(networks(spark)).hasSize(2);
            trainOnBoth(spark);
            cutTheCable(spark, other);
        }
    }

    private static NetworkNamespace otherHost() {
        try {
            return NetworkNamespace.open();
        } catch (IOException e) {
            return abort("skipped, as it needs root and ip of iproute2: " + e.getMessage());
        }
    }

    private static SparkConf conf(Cluster cluster) {
        return cluster.conf("two hosts")
                .set("spark.network.timeout", "10s")
                .set("spark.network.timeoutInterval", "1s")
                .set("spark.executor.heartbeatInterval", "1s");
    }

    /** Returns the networks in which tasks of a job run. */
    private static List<String> networks(JavaSparkContext spark) {
        return spark.parallelize(List.of(0, 1), 2)
                .map(task -> {
                    Thread.sleep(1000); // so that no executor runs both
                    return Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
                })
                .distinct()
                .collect();
    }

    private static void trainOnBoth(JavaSparkContext spark) {
        try (Study study = new Study()) {
            var federation = study.federation(Rule.FEDAVG);
            SparkOptions options = SparkOptions.defaults().withResults(Results.SUMS);
            try (var handler = federation.handler();
                    var trainer =
                            new SparkClientTrainer<>(spark, federation.clients(), TrainerOptions.defaults(), options)) {
                assertThat(Study.hashes(handler, trainer)).isEqualTo(study.here(Rule.FEDAVG));
            }
        }
    }

    /** Clients on both hosts wait until it is cut, and train; what those on the other host send gets lost. */
    private void cutTheCable(JavaSparkContext spark, NetworkNamespace other) throws IOException {
        Probe probe = new Probe(
                Files.createDirectory(folder.resolve("probe")), Map.of(0, Deed.WAIT_FOR_FILE, 3, Deed.WAIT_FOR_FILE));
        SparkOptions options = SparkOptions.defaults().withClientsPerTask(CLIENTS / 2);
        try (var trainer = new SparkClientTrainer<>(spark, probe, TrainerOptions.defaults(), options);
                var here = ExecutionMode.SINGLE_THREADED.trainer(probe, TrainerOptions.defaults())) {
            CompletableFuture<Void> cut = CompletableFuture.runAsync(() -> {
                Cluster.await("clients", () -> probe.hasBegun(0) && probe.hasBegun(3));
                try {
                    other.cut();
                    probe.makeFile();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            List<String> found = Probe.round(trainer, CLIENTS);
            cut.join();
            assertThat(found).isEqualTo(Probe.round(here, CLIENTS));
        }
    }
}
