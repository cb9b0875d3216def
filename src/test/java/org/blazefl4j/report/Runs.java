package org.blazefl4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.blazefl4j.metrics.JsonLinesMetrics;

/** Made-up runs, as their result files would tell them. */
final class Runs {

    private Runs() {}

    /** Returns a run whose accuracy rises with the learning rate, by steps that depend on the seed. */
    static RunRecord run(String name, int rounds, Map<String, Object> configuration) {
        int seed = (int) configuration.getOrDefault("seed", 1);
        double rate = (double) configuration.getOrDefault("lr", 0.1);
        return new RunRecord(
                name,
                configuration,
                IntStream.rangeClosed(1, rounds)
                        .mapToObj(round -> round(round, 1 - Math.exp(-rate * round) + seed * 0.001))
                        .toList(),
                Optional.of(partition(100, seed)),
                IntStream.range(0, 100).mapToObj(client -> 0.5 + client / 256.0).toList(),
                List.of(),
                summary());
    }

    static Map<String, Object> configuration(int seed, double lr) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("algorithm", "fedavg");
        map.put("num_clients", 100);
        map.put("lr", lr);
        map.put("seed", seed);
        map.put("started", "2026-03-01T10:00:0" + seed + "Z");
        map.put("environment", Map.of("cores", 2));
        return map;
    }

    private static Map<String, Object> round(int round, double accuracy) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("round", round);
        map.put("accuracy", accuracy);
        map.put("loss", 2.3 - 2 * accuracy);
        map.put("sha256", "00");
        List.of("accuracy", "loss").forEach(figure -> {
            double middle = figure.equals("accuracy") ? accuracy : 2.3 - 2 * accuracy;
            map.put("client_" + figure, middle);
            map.put("client_" + figure + "_worst10", middle - 0.1);
            map.put("client_" + figure + "_min", middle - 0.2);
            map.put("client_" + figure + "_p10", middle - 0.1);
            map.put("client_" + figure + "_p50", middle);
            map.put("client_" + figure + "_p90", middle + 0.1);
            map.put("client_" + figure + "_max", middle + 0.2);
        });
        map.put("clients", 100);
        map.put("dropped", round % 10 == 0 ? 1 : 0);
        map.put("retries", 0);
        map.put("non_finite", 0);
        map.put("sampling_seconds", 0.01);
        map.put("training_seconds", 1.5);
        map.put("aggregation_seconds", 0.125);
        map.put("evaluation_seconds", 0.25);
        map.put("total_seconds", 1.885);
        return map;
    }

    static Partition partition(int clients, int seed) {
        return new Partition(IntStream.range(0, clients)
                .mapToObj(client -> IntStream.range(0, 10)
                        .mapToLong(label -> (client * 7L + label * 3L + seed) % 11 * (label % 3))
                        .toArray())
                .toList());
    }

    private static Map<String, Object> summary() {
        return Map.of(
                "status",
                "completed",
                "peak_memory_parent_bytes",
                335_310_848,
                "peak_memory_workers_bytes",
                List.of(264_720_384, 268_124_160),
                "uplink_bytes",
                24_802_400);
    }

    /** Writes the run's folder, as the command line would. */
    static Path write(RunRecord run, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (JsonLinesMetrics json = new JsonLinesMetrics(folder.resolve("metrics.jsonl"))) {
            json.write("configuration", run.configuration());
            json.write("partition", run.partition().orElseThrow().toMap());
            run.rounds().forEach(round -> json.write("round", round));
            json.write("clients", Map.of("accuracy", run.accuracies()));
            json.write("summary", run.summary());
        }
        return folder;
    }
}
