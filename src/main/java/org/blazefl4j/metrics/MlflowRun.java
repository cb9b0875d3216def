package org.blazefl4j.metrics;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.metrics.MlflowServer.Refusal;
import org.blazefl4j.util.Printable;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;

/**
 * What can be told of a run to its server. The methods block.
 *
 * @param artifacts where the run's files go
 */
record MlflowRun(MlflowServer server, String id, String experimentId, String artifacts) {

    private static final int METRICS_AT_ONCE = 1000;

    /** The scheme of files that the server itself takes. */
    private static final String PROXIED = "mlflow-artifacts";

    /** Metrics of a step, at a time in milliseconds since 1970. */
    record Step(int step, long time, Map<String, Double> values) {}

    /** Reads what the server says of a run. */
    static MlflowRun of(MlflowServer server, RunInfo info) throws Refusal {
        return new MlflowRun(
                server,
                MlflowServer.present("run_id", info.getRunId()),
                MlflowServer.present("experiment_id", info.getExperimentId()),
                MlflowServer.present("artifact_uri", info.getArtifactUri()));
    }

    /** Sets params of a new run; marks the run as failed if the server does not take them. */
    void setParams(List<List<Param>> chunks) throws IOException {
        try {
            for (List<Param> params : chunks) {
                server.tell(client -> client.logBatch(id, null, params, null));
            }
        } catch (IOException e) {
            try {
                end(RunStatus.FAILED);
            } catch (IOException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
    }

    /** Adds metrics. Those that the server already has, with their times, stay single. */
    void log(List<Step> steps) throws IOException {
        List<Metric> metrics = new ArrayList<>();
        for (Step step : steps) {
            Metric.Builder metric =
                    Metric.newBuilder().setTimestamp(step.time()).setStep(step.step());
            step.values()
                    .forEach((name, value) ->
                            metrics.add(metric.setKey(name).setValue(value).build()));
        }
        for (List<Metric> chunk : MlflowExperiment.chunks(metrics, METRICS_AT_ONCE)) {
            server.tell(client -> client.logBatch(id, chunk, null, null));
        }
    }

    /** Says that the run goes on, for which the client has no method of its own. */
    void reopen() throws IOException {
        String body = JSON.std.asString(Map.of("run_id", id, "status", RunStatus.RUNNING.name()));
        server.tell(client -> client.sendPost("runs/update", body));
    }

    void end(RunStatus status) throws IOException {
        server.tell(client -> client.setTerminated(id, status));
    }

    /**
     * Sends a file.
     *
     * @throws Refusal if the server does not take files of runs; other stores need software of their own
     */
    void attach(Path file) throws IOException {
        String name = URLEncoder.encode(String.valueOf(file.getFileName()), StandardCharsets.UTF_8);
        server.put(folder() + "/" + name.replace("+", "%20"), file);
    }

    private String folder() throws Refusal {
        try {
            URI store = new URI(artifacts);
            String path = store.getRawPath();
            if (PROXIED.equals(store.getScheme()) && store.getAuthority() == null && path != null) {
                return path;
            }
        } catch (URISyntaxException e) {
            // a path of the server's own, as those of stores may be
        }
        throw new Refusal(200, "", "the server takes no files, which are kept in " + Printable.address(artifacts));
    }

    /** Returns the address of the page that shows the run. */
    URI page() {
        return URI.create(server.address() + "/#/experiments/" + experimentId + "/runs/" + id);
    }
}
