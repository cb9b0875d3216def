package org.blazefl4j.metrics;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.metrics.MlflowServer.Refusal;
import org.blazefl4j.util.Printable;

/**
 * What can be told of a run to its server. The methods block.
 *
 * @param artifacts where the run's files go
 */
record MlflowRun(MlflowServer server, String id, String experimentId, String artifacts) {

    static final String RUNNING = "RUNNING";

    private static final int METRICS_AT_ONCE = 1000;

    /** The scheme of files that the server itself takes. */
    private static final String PROXIED = "mlflow-artifacts";

    /** Metrics of a step, at a time in milliseconds since 1970. */
    record Step(int step, long time, Map<String, Double> values) {}

    /** Reads what the server says of a run. */
    static MlflowRun of(MlflowServer server, Map<?, ?> info) throws Refusal {
        return new MlflowRun(
                server,
                MlflowServer.text(info, "run_id"),
                MlflowServer.text(info, "experiment_id"),
                MlflowServer.text(info, "artifact_uri"));
    }

    /** Sets params of a new run; marks the run as failed if the server does not take them. */
    void setParams(List<List<Map<String, String>>> chunks) throws IOException {
        try {
            for (List<Map<String, String>> params : chunks) {
                server.post("runs/log-batch", Map.of("run_id", id, "params", params));
            }
        } catch (IOException e) {
            try {
                setStatus("FAILED");
            } catch (IOException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
    }

    /** Adds metrics. Those that the server already has, with their times, stay single. */
    void log(List<Step> steps) throws IOException {
        List<Map<String, Object>> metrics = new ArrayList<>();
        for (Step step : steps) {
            step.values().forEach((name, value) -> {
                Map<String, Object> metric = new LinkedHashMap<>();
                metric.put("key", name);
                metric.put("value", value); // NaN and infinities become texts, as in JSON of protocol buffers
                metric.put("timestamp", step.time());
                metric.put("step", step.step());
                metrics.add(metric);
            });
        }
        for (List<Map<String, Object>> chunk : MlflowExperiment.chunks(metrics, METRICS_AT_ONCE)) {
            server.post("runs/log-batch", Map.of("run_id", id, "metrics", chunk));
        }
    }

    void setStatus(String status) throws IOException {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("run_id", id);
        body.put("status", status);
        if (!status.equals(RUNNING)) {
            body.put("end_time", System.currentTimeMillis());
        }
        server.post("runs/update", body);
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
