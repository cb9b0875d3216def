package org.blazefl4j.cli.run;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cli.options.ExperimentFile;
import org.blazefl4j.cli.options.MlflowOptions;
import org.blazefl4j.cli.options.PartCatalogue.Part;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.MlflowExperiment;
import org.blazefl4j.metrics.MlflowMetrics;
import org.blazefl4j.report.ResultLines;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.WholeFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The run in MLflow, if the user asked for one. The result folder records which it is, so that the same one goes on
 * when the run is resumed.
 */
final class MlflowTracking implements AutoCloseable {

    /** The file in the result folder that names the run. */
    static final String FILE = "mlflow.json";

    private static final String RUN = "run_id";

    private final RunOptions options;
    private final Optional<MlflowExperiment> experiment;
    private @Nullable MlflowMetrics metrics;
    private Path folder = Path.of("");

    /**
     * Asks the server, so that a run that could not be recorded does not begin.
     *
     * @throws UsageException if it does not answer or refuses, unless the run goes on without it
     */
    MlflowTracking(RunOptions options) {
        this.options = options;
        this.experiment = options.tracker.open("blazefl4j");
    }

    /**
     * Starts the run in MLflow, or continues that of the result folder.
     *
     * @param configuration what result files have of the run
     * @param completed the number of rounds that a resumed run has; those of them that MLflow lacks are sent
     * @throws UsageException if the server does not answer or refuses, unless the run goes on without it
     */
    void begin(Path results, Map<String, Object> configuration, int completed, PrintStream out) {
        if (experiment.isEmpty()) {
            return;
        }
        folder = results;
        try {
            MlflowMetrics started = runBefore()
                    .map(experiment.get()::resume)
                    .orElseGet(() -> experiment.get().start(name(), params(configuration), tags(configuration)));
            metrics = started;
            record(started);
            sendRounds(started, completed);
            out.println("  mlflow         " + Printable.line(started.page()));
        } catch (IllegalArgumentException e) {
            throw MlflowOptions.refusal(e);
        } catch (IllegalStateException e) {
            MlflowOptions.goOnWithout(e);
        }
    }

    private String name() {
        return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    }

    private Optional<String> runBefore() {
        Path file = folder.resolve(FILE);
        if (Files.notExists(file)) {
            return Optional.empty();
        }
        try {
            Object run = JSON.std.mapFrom(Files.readString(file)).get(RUN);
            if (run instanceof String id) {
                return Optional.of(id);
            }
        } catch (IOException e) {
            // refused below
        }
        throw new UsageException("cannot read which run of MLflow goes on: file=" + Printable.line(file)
                + ", expected=a JSON object with " + RUN + "; correct it, or delete it to start another run in MLflow");
    }

    private void record(MlflowMetrics started) {
        try {
            Map<String, String> content =
                    Map.of(RUN, started.runId(), "page", started.page().toString());
            WholeFile.write(folder.resolve(FILE), JSON.std.asString(content) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends rounds that were completed while nothing could be sent; the run in MLflow passes over the others. */
    private void sendRounds(MlflowMetrics resumed, int completed) {
        if (completed == 0 || Files.notExists(ResultLines.file(folder))) {
            return;
        }
        ResultLines.read(folder, true).stream()
                .filter(line -> line.type().equals("round"))
                .map(ResultLines.Line::values)
                .forEach(values -> {
                    Object round = values.remove("round");
                    if (round instanceof Integer number && number <= completed) {
                        resumed.write(number, values);
                    }
                });
    }

    /** Returns what the run was told, and each setting of its parts by itself, so that MLflow can compare numbers. */
    private Map<String, Object> params(Map<String, Object> configuration) {
        Map<String, Object> params = new LinkedHashMap<>(configuration);
        params.remove("environment");
        params.remove("started");
        for (OptionSpec option : options.spec.options()) {
            if (option.getValue() instanceof Part<?> part && !part.settings().isEmpty()) {
                Stream.of(part.settings().split(","))
                        .map(setting -> setting.split("=", 2))
                        .forEach(setting -> params.put(
                                option.longestName().substring("--".length()).replace('-', '_') + "." + setting[0],
                                setting[1]));
            }
        }
        return params;
    }

    private static Map<String, Object> tags(Map<String, Object> configuration) {
        Map<String, Object> tags = new LinkedHashMap<>();
        tags.put("blazefl4j.version", Version.blazefl4j());
        tags.put("engine", Objects.requireNonNull(configuration.get(RunEngines.USED)));
        tags.put("seed", Objects.requireNonNull(configuration.get("seed")));
        return tags;
    }

    /** Records rounds from now on. */
    void follow(Simulation<?, ?> simulation) {
        if (metrics != null) {
            simulation.addListener(metrics);
        }
    }

    /** Sends what is left, with the files of the result folder that MLflow shows. */
    @Override
    public void close() {
        if (metrics != null) {
            Stream.of(ExperimentFile.NAME, Run.PAGE)
                    .map(folder::resolve)
                    .filter(Files::exists)
                    .forEach(metrics::attach);
            metrics.close();
        }
    }
}
