package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.blazefl4j.metrics.CsvMetrics;
import org.blazefl4j.metrics.JsonLinesMetrics;
import org.blazefl4j.metrics.TensorBoardMetrics;
import org.blazefl4j.report.RunPage;
import org.blazefl4j.report.RunRecord;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Compares the rounds per second of runs that write all files of results, the page with charts at the end included,
 * with those of runs that write none.
 *
 * <p>Both alternate in pairs, and take turns in being first; each pair gives one ratio.
 */
final class ResultFiles {

    private static final int ROUNDS = 20;

    private ResultFiles() {}

    /**
     * Measures the modes that the arguments name, or processes.
     *
     * @param args {@code [--workers n] [--pairs n] [mode ...]}
     */
    static void run(String[] args, Consumer<Measurement> results) {
        PairArguments asked = PairArguments.parse(args, 7, List.of(ExecutionMode.MULTI_PROCESS));
        LibTorch.tune();
        for (ExecutionMode mode : asked.modes()) {
            TrainerOptions options =
                    TrainerOptions.builder().numParallels(asked.workers()).build();
            try (TrainedFederation federation = new TrainedFederation(mode, ROUNDS, options, false)) {
                Pairs measured = Pairs.measure(
                        1,
                        asked.pairs(),
                        () -> roundsPerSecond(federation, ResultFiles::withFiles),
                        () -> roundsPerSecond(federation, plain -> plain.run(simulation -> {})));
                results.accept(
                        Measurement.of("files " + mode, "rounds/s", measured.first(), "none", measured.second()));
            }
        }
    }

    private static double roundsPerSecond(TrainedFederation federation, Consumer<TrainedFederation> run) {
        long start = System.nanoTime();
        run.accept(federation);
        return ROUNDS / ((System.nanoTime() - start) * 1e-9);
    }

    private static void withFiles(TrainedFederation federation) {
        try {
            Path folder = Files.createTempDirectory("blazefl4j-files");
            try (CsvMetrics csv = new CsvMetrics(folder.resolve("metrics.csv"));
                    JsonLinesMetrics json = new JsonLinesMetrics(folder.resolve("metrics.jsonl"));
                    TensorBoardMetrics events = new TensorBoardMetrics(folder)) {
                federation.run(simulation ->
                        simulation.addListener(csv).addListener(json).addListener(events));
            }
            RunPage.of(List.of(RunRecord.read(folder, false))).write(folder.resolve("report.html"));
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
