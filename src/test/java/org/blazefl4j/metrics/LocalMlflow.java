package org.blazefl4j.metrics;

import com.fasterxml.jackson.jr.ob.JSON;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What MLflow documents of its REST API 2.0, as far as runs need it, on the loopback address. Takes nothing that MLflow
 * would not: other paths, methods, fields, types, names and lengths, too much at once, or another value of a param.
 * Keeps what it has while it is stopped.
 */
public final class LocalMlflow implements AutoCloseable {

    private static final String API = "/api/2.0/mlflow/";
    private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/";

    private static final String NAME = "[/\\w.\\- ]+";

    private static final int MOST_BYTES = 1_000_000;

    /** A metric as sent, with NaN and infinities as numbers. */
    public record Metric(String key, double value, long timestamp, long step) {}

    /** A run. */
    public static final class Run {
        public final String id;
        public final String experiment;
        public final String name;
        public final long started;
        public final Map<String, String> params = new TreeMap<>();
        public final Map<String, String> tags = new TreeMap<>();
        public final Set<Metric> metrics = new LinkedHashSet<>();
        public final Map<String, byte[]> artifacts = new TreeMap<>();
        public final List<String> statuses = new ArrayList<>(List.of("RUNNING"));
        public long ended;
        String stage = "active";

        Run(String id, String experiment, String name, long started) {
            this.id = id;
            this.experiment = experiment;
            this.name = name;
            this.started = started;
        }

        public String status() {
            return statuses.get(statuses.size() - 1);
        }

        /** Returns the steps of a metric, in the order in which they came. */
        public List<Long> steps(String key) {
            return metrics.stream()
                    .filter(each -> each.key().equals(key))
                    .map(Metric::step)
                    .toList();
        }

        /** Returns the values of a metric, in the order in which they came. */
        public List<Double> values(String key) {
            return metrics.stream()
                    .filter(each -> each.key().equals(key))
                    .map(Metric::value)
                    .toList();
        }
    }

    private static final class Refused extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final int status;
        private final String code;

        Refused(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }
    }

    private final Map<String, String> experiments = new LinkedHashMap<>();
    private final Map<String, Run> runs = new LinkedHashMap<>();
    private final List<String> requests = new ArrayList<>();
    private final Set<String> deleted = new LinkedHashSet<>();
    private final int port;
    private HttpServer server;
    private ExecutorService threads;

    private String authorization;
    private String store = "mlflow-artifacts:";
    private Refused refusal;
    private String refusedPath = "";
    private int refusals;
    private CountDownLatch release = new CountDownLatch(0);
    private boolean lost;
    private String dripped = "none";
    private String plainAnswer;
    private String elsewhere;

    /** Starts a server without experiments. */
    public LocalMlflow() throws IOException {
        start(0);
        port = server.getAddress().getPort();
    }

    private void start(int at) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
        threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** Goes away, with all connections. */
    public void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** Comes back, at the same address. */
    public void restart() throws IOException {
        start(port);
    }

    @Override
    public void close() {
        release.countDown();
        stop();
    }

    /** Answers no call until released. */
    void hang() {
        release = new CountDownLatch(1);
    }

    void release() {
        release.countDown();
    }

    /** Refuses the next calls of paths that contain a text. */
    synchronized void refuse(int times, String path, int status, String code, String message) {
        refusals = times;
        refusedPath = path;
        refusal = new Refused(status, code, message);
    }

    /** Carries the next call of such a path out, but drops its answer. */
    public synchronized void loseAnswer(String path) {
        refuse(1, path, 0, "", "");
        lost = true;
    }

    /** Never ends the answers to calls of paths that contain a text: sends a byte of them now and then. */
    void drip(String path) {
        dripped = path;
    }

    /** Asks for this header from now on. */
    void requireAuthorization(String header) {
        authorization = header;
    }

    /** Answers with this text, whatever is asked. */
    void answerWith(String text) {
        plainAnswer = text;
    }

    /** Sends whatever is asked on to another address. */
    void sendOnTo(String address) {
        elsewhere = address;
    }

    /** Makes runs have this store of artifacts. */
    void storeArtifactsIn(String uri) {
        store = uri;
    }

    void deleteExperiment(String name) {
        deleted.add(name);
    }

    public synchronized List<Run> runs() {
        return List.copyOf(runs.values());
    }

    /** Returns the only run. */
    public synchronized Run run() {
        if (runs.size() != 1) {
            throw new AssertionError("runs: " + runs.keySet());
        }
        return runs.values().iterator().next();
    }

    /** Returns the names of the experiments by their ids. */
    public synchronized Map<String, String> experiments() {
        Map<String, String> byId = new LinkedHashMap<>();
        experiments.forEach((name, id) -> byId.put(id, name));
        return byId;
    }

    /** Returns the methods and paths of what was asked. */
    synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            release.await();
            note(exchange);
            if (exchange.getRequestURI().getPath().contains(dripped)) {
                drip(exchange);
            }
            Object answer;
            int status = 200;
            try {
                answer = plainAnswer == null ? answer(exchange, body) : Map.of();
            } catch (Refused e) {
                status = e.status;
                answer = Map.of("error_code", e.code, "message", String.valueOf(e.getMessage()));
            }
            if (status == 0) {
                return;
            }
            byte[] text = plainAnswer == null ? JSON.std.asBytes(answer) : plainAnswer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("Connection", "close");
            if (elsewhere != null) {
                exchange.getResponseHeaders().set("Location", elsewhere);
                status = 302;
            }
            if (status == 401) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"mlflow\"");
            }
            exchange.sendResponseHeaders(status, text.length);
            exchange.getResponseBody().write(text);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void note(HttpExchange exchange) {
        requests.add(
                exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath());
    }

    private static void drip(HttpExchange exchange) throws IOException, InterruptedException {
        exchange.sendResponseHeaders(200, 0);
        while (true) {
            exchange.getResponseBody().write(' ');
            exchange.getResponseBody().flush();
            Thread.sleep(10);
        }
    }

    private synchronized Object answer(HttpExchange exchange, byte[] body) throws IOException {
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        String credentials = exchange.getRequestHeaders().getFirst("Authorization");
        if (authorization != null && !authorization.equals(credentials)) {
            throw new Refused(401, "UNAUTHENTICATED", "You are not authenticated.");
        }
        boolean refused = refusals > 0 && path.contains(refusedPath);
        refusals -= refused ? 1 : 0;
        if (refused && !lost) {
            throw refusal;
        }
        Object answer;
        if (path.startsWith(ARTIFACTS)) {
            answer = put(method, path.substring(ARTIFACTS.length()), body);
        } else if (method.equals("GET")) {
            answer = get(path, exchange.getRequestURI().getRawQuery());
        } else {
            String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
            require(type.startsWith("application/json"), "Content-Type " + type);
            require(body.length <= MOST_BYTES, "a request of " + body.length + " bytes");
            Map<String, Object> request = JSON.std.mapFrom(body);
            answer = method.equals("POST") ? post(path, request) : notFound(method, path);
        }
        if (refused) {
            lost = false;
            throw refusal;
        }
        return answer;
    }

    private static void require(boolean condition, String found) {
        if (!condition) {
            throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid: " + found);
        }
    }

    private static Object notFound(String method, String path) {
        throw new Refused(404, "ENDPOINT_NOT_FOUND", method + " " + path);
    }

    private static Refused missing(String what) {
        return new Refused(404, "RESOURCE_DOES_NOT_EXIST", "No " + what);
    }

    private Object get(String path, String query) {
        String[] last = query.substring(query.lastIndexOf('&') + 1).split("=", 2); // an old name may be before it
        String value = URLDecoder.decode(last[1], StandardCharsets.UTF_8);
        switch (path + "?" + last[0]) {
            case API + "experiments/get-by-name?experiment_name":
                if (!experiments.containsKey(value)) {
                    throw missing("Experiment with name=" + value + " exists");
                }
                return Map.of(
                        "experiment",
                        Map.of(
                                "experiment_id",
                                experiments.get(value),
                                "name",
                                value,
                                "lifecycle_stage",
                                deleted.contains(value) ? "deleted" : "active"));
            case API + "runs/get?run_id":
                return Map.of("run", Map.of("info", info(run(value)), "data", Map.of("metrics", latest(run(value)))));
            default:
                return notFound("GET", path);
        }
    }

    private Run run(Object id) {
        Run run = runs.get(id);
        if (run == null) {
            throw missing("Run with id=" + id + " found");
        }
        return run;
    }

    private Map<String, Object> info(Run run) {
        return Map.of(
                "run_id", run.id,
                "run_name", run.name,
                "experiment_id", run.experiment,
                "status", run.status(),
                "start_time", run.started,
                "artifact_uri", store + "/" + run.experiment + "/" + run.id + "/artifacts",
                "lifecycle_stage", run.stage);
    }

    private static List<Map<String, Object>> latest(Run run) {
        Map<String, Metric> latest = new LinkedHashMap<>();
        run.metrics.forEach(
                metric -> latest.merge(metric.key(), metric, (one, two) -> two.step() >= one.step() ? two : one));
        return latest.values().stream()
                .map(metric -> Map.<String, Object>of(
                        "key", metric.key(),
                        "value", metric.value(),
                        "timestamp", metric.timestamp(),
                        "step", metric.step()))
                .toList();
    }

    private Object post(String path, Map<String, Object> request) {
        switch (path) {
            case API + "experiments/create":
                requireFields(request, "name");
                String name = text(request, "name");
                if (experiments.containsKey(name)) {
                    throw new Refused(400, "RESOURCE_ALREADY_EXISTS", "Experiment '" + name + "' already exists.");
                }
                experiments.put(name, Integer.toString(experiments.size() + 1));
                return Map.of("experiment_id", experiments.get(name));
            case API + "runs/create":
                return create(request);
            case API + "runs/log-batch":
                return log(request);
            case API + "runs/update":
                return update(request);
            default:
                return notFound("POST", path);
        }
    }

    private Object create(Map<String, Object> request) {
        requireFields(request, "experiment_id", "run_name", "start_time", "tags");
        String experiment = text(request, "experiment_id");
        require(experiments.containsValue(experiment), "experiment_id " + experiment);
        String id = String.format("%032x", 0xf00d + runs.size());
        Run run = new Run(id, experiment, text(request, "run_name"), whole(request, "start_time"));
        tags(request).forEach(run.tags::put);
        runs.put(id, run);
        return Map.of("run", Map.of("info", info(run), "data", Map.of()));
    }

    private Object log(Map<String, Object> request) {
        requireFields(request, "run_id", "metrics", "params", "tags");
        Run run = run(text(request, "run_id"));
        require(run.status().equals("RUNNING"), "run is " + run.status());
        List<Map<String, Object>> metrics = list(request, "metrics", 1000);
        Map<String, String> params = pairs(request, "params", 6000);
        Map<String, String> tags = tags(request);
        require(metrics.size() + params.size() + tags.size() <= 1000, "too much at once");
        params.forEach((key, value) ->
                require(value.equals(run.params.getOrDefault(key, value)), "another value of param " + key));
        run.params.putAll(params);
        run.tags.putAll(tags);
        for (Map<String, Object> metric : metrics) {
            requireFields(metric, "key", "value", "timestamp", "step");
            require(whole(metric, "timestamp") >= 0, "timestamp " + metric.get("timestamp"));
            run.metrics.add(new Metric(
                    key(metric), number(metric.get("value")), whole(metric, "timestamp"), whole(metric, "step")));
        }
        return Map.of();
    }

    private Object update(Map<String, Object> request) {
        requireFields(request, "run_id", "run_uuid", "status", "end_time");
        Run run = run(text(request, "run_id"));
        String status = text(request, "status");
        require(Set.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED").contains(status), "status " + status);
        run.statuses.add(status);
        if (request.containsKey("end_time")) {
            run.ended = whole(request, "end_time");
        }
        return Map.of("run_info", info(run));
    }

    private Object put(String method, String path, byte[] body) {
        require(method.equals("PUT"), "method " + method);
        String[] parts = path.split("/");
        require(parts.length == 4 && parts[2].equals("artifacts"), "path " + path);
        Run run = run(parts[1]);
        require(run.experiment.equals(parts[0]), "path " + path);
        run.artifacts.put(parts[3], body);
        return Map.of();
    }

    private static void requireFields(Map<String, Object> request, String... known) {
        request.keySet().forEach(each -> require(List.of(known).contains(each), "field " + each));
    }

    private static String text(Map<String, Object> request, String field) {
        Object value = request.get(field);
        require(value instanceof String text && !text.isEmpty(), field + "=" + value);
        return (String) value;
    }

    /** Reads a whole number as JSON of protocol buffers has it: as a number or as text. */
    private static long whole(Map<String, Object> request, String field) {
        String value = String.valueOf(request.get(field));
        require(value.matches("-?\\d+"), field + "=" + value);
        return Long.parseLong(value);
    }

    /** Reads a double as JSON of protocol buffers has it. */
    private static double number(Object value) {
        if (value instanceof String text) {
            require(Set.of("NaN", "Infinity", "-Infinity").contains(text), "value=" + text);
            return Double.parseDouble(text);
        }
        require(value instanceof Number, "value=" + value);
        return ((Number) value).doubleValue();
    }

    private static String key(Map<String, Object> entry) {
        String key = text(entry, "key");
        require(key.matches(NAME) && key.length() <= 250, "name " + key);
        require(
                !key.startsWith("/") && Path.of(key).normalize().toString().equals(key) && !key.startsWith(".."),
                "name " + key + ", which is a path to another");
        return key;
    }

    private static Map<String, String> tags(Map<String, Object> request) {
        return pairs(request, "tags", 5000);
    }

    private static Map<String, String> pairs(Map<String, Object> request, String field, int longest) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (Map<String, Object> entry : list(request, field, 100)) {
            requireFields(entry, "key", "value");
            Object value = entry.get("value");
            require(value instanceof String text && text.length() <= longest, field + " " + entry.get("key"));
            require(pairs.put(key(entry), (String) value) == null, field + " twice: " + entry.get("key"));
        }
        return pairs;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Map<String, Object> request, String field, int most) {
        Object value = request.getOrDefault(field, List.of());
        require(value instanceof List<?>, field + " is no array");
        List<Map<String, Object>> list = (List<Map<String, Object>>) value;
        require(
                list.size() <= most,
                "A batch logging request can contain at most " + most + " " + field + ". Got " + list.size());
        return list;
    }

    /** Reads a file that was sent. */
    public static String content(Run run, String artifact) {
        byte[] bytes = run.artifacts.get(artifact);
        if (bytes == null) {
            throw new UncheckedIOException(new IOException("not sent: " + artifact));
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
