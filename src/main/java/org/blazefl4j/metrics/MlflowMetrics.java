package org.blazefl4j.metrics;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.MlflowRun.Step;
import org.blazefl4j.metrics.MlflowSender.Call;
import org.mlflow.api.proto.Service.RunStatus;

/**
 * Records a run in MLflow: the numbers of {@link CsvMetrics} as metrics, with the round from 1 as the step and the time
 * at which the round ended. Texts are left out. Made by an {@link MlflowExperiment}.
 *
 * <pre>{@code
 * MlflowExperiment experiment = MlflowExperiment.open(URI.create("http://127.0.0.1:5000"), "study");
 * try (MlflowMetrics mlflow = experiment.start("a run", Map.of("lr", 0.1), Map.of())) {
 *     simulation.addListener(mlflow).run();
 * }
 * }</pre>
 *
 * <p>Rounds are sent by a thread of this object and never wait for the server. If that is away, they are sent when it
 * is back, and the log has one warning; of more than 10,000 rounds that wait, the later ones are not sent.
 * {@link #close()} waits for what is left, up to 10 seconds, and the log names what the server then lacks.
 */
public final class MlflowMetrics implements RoundListener<Object>, AutoCloseable {

    private final MlflowRun run;
    private final MlflowSender sender;
    private final int had;
    private final Map<String, String> keys = new HashMap<>();
    private final List<Path> files = new ArrayList<>();
    private String status = "FAILED";
    private boolean closed;

    /** Takes a run that the server already has, with steps up to the last one. */
    MlflowMetrics(MlflowRun run, int had) {
        this.run = run;
        this.had = had;
        this.sender = new MlflowSender(run);
    }

    /** Returns the server's name of the run, by which {@link MlflowExperiment#resume} continues it. */
    public String runId() {
        return run.id();
    }

    /** Returns the address of the server's page of the run. */
    public URI page() {
        return run.page();
    }

    /**
     * Records numbers of a step, unless the server had that step or a later one when the run was resumed.
     *
     * @param step 1 or more
     * @param values by name; those that are not numbers are left out. Characters that MLflow does not take in names
     *     become {@code _}. What a server makes of infinities depends on its store
     */
    public void write(int step, Map<String, ?> values) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (value instanceof Number number) {
                numbers.put(keys.computeIfAbsent(name, MlflowExperiment::key), number.doubleValue());
            }
        });
        if (step > had) {
            sender.add(new Step(step, System.currentTimeMillis(), numbers));
        }
    }

    @Override
    public void roundFinished(RoundReport report) {
        Map<String, Object> row = RoundRow.of(report);
        row.remove("round");
        write(report.round() + 1, row);
    }

    /** Marks the run as finished, or as killed if {@link Simulation#stop()} ended it; {@link #close()} says so. */
    @Override
    public void runFinished(Simulation.Summary summary) {
        status = summary.stopped() ? "KILLED" : "FINISHED";
    }

    /**
     * Adds a file to the run, when this is closed, if the server takes files ({@code mlflow server} does unless started
     * with {@code --no-serve-artifacts}). Otherwise, or if the server fails to store it, the log names the file.
     *
     * @param file must then exist
     */
    public void attach(Path file) {
        files.add(file);
    }

    /**
     * Sends the rounds that are left, the run's end, and then its files, up to 10 seconds. The run ends as failed,
     * unless {@link #runFinished} was called. A failure to do so is only logged.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Map<String, Call> calls = new LinkedHashMap<>();
        calls.put("the status " + status, () -> run.end(RunStatus.valueOf(status)));
        files.forEach(file -> calls.put(String.valueOf(file.getFileName()), () -> run.attach(file)));
        sender.end(calls);
    }
}
