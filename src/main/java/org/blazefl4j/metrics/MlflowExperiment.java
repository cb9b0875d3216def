package org.blazefl4j.metrics;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.blazefl4j.binding.Build;
import org.blazefl4j.metrics.MlflowServer.Patience;
import org.blazefl4j.metrics.MlflowServer.Refusal;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Libraries;
import org.blazefl4j.util.Printable;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunTag;

/**
 * An experiment of an <a href="https://mlflow.org">MLflow</a> server, in which runs are recorded by
 * {@link MlflowMetrics}. Needs mlflow-client and jackson-jr on the class path, and a server of MLflow 2 or later.
 * Thread-safe.
 *
 * <p>Credentials are in the environment, as MLflow documents: {@code MLFLOW_TRACKING_USERNAME} and
 * {@code MLFLOW_TRACKING_PASSWORD}, or else {@code MLFLOW_TRACKING_TOKEN}. A server with TLS needs a certificate that
 * this JVM trusts.
 */
public final class MlflowExperiment {

    private static final int LONGEST_NAME = 500;
    private static final int LONGEST_KEY = 250;
    private static final int LONGEST_PARAM = 6000;
    private static final int LONGEST_TAG = 5000;

    private static final String DELETED = "deleted";

    /** A server takes 100 in a request of 1 MB; these fit, however long they are. */
    private static final int PARAMS_AT_ONCE = 25;

    private final MlflowServer server;
    private final String id;

    private MlflowExperiment(MlflowServer server, String id) {
        this.server = server;
        this.id = id;
    }

    /**
     * Finds an experiment, or creates it if there is none of this name.
     *
     * @param server the server's address, such as {@code http://127.0.0.1:5000}
     * @throws IllegalArgumentException if the address or the name cannot be used, or the experiment was deleted
     * @throws IllegalStateException if the server does not answer or refuses, or a library is missing
     */
    public static MlflowExperiment open(URI server, String name) {
        Libraries.require(MlflowExperiment.class, "org.mlflow.tracking.MlflowClient", Build.library("mlflow-client"));
        Libraries.require(
                MlflowExperiment.class, "com.fasterxml.jackson.jr.ob.JSON", Build.library("jackson-jr-objects"));
        return open(new MlflowServer(server, System.getenv(), Patience.USUAL), name);
    }

    static MlflowExperiment open(MlflowServer server, String name) {
        Arguments.require(
                !name.isBlank() && name.length() <= LONGEST_NAME,
                () -> "name of an experiment out of range: experiment=" + Printable.line(name) + ", length="
                        + name.length() + ", limit=1 to " + LONGEST_NAME + " characters; choose another");
        try {
            server.requireOwnAnswer(name);
            return new MlflowExperiment(server, idOf(server, name));
        } catch (IOException e) {
            throw server.unusable(e);
        }
    }

    private static String idOf(MlflowServer server, String name) throws IOException {
        Optional<Experiment> found = server.ask(client -> client.getExperimentByName(name));
        if (found.isEmpty()) {
            try {
                return MlflowServer.present("experiment_id", server.ask(client -> client.createExperiment(name)));
            } catch (Refusal e) {
                if (!e.is("RESOURCE_ALREADY_EXISTS")) {
                    throw e;
                }
                found = server.ask(client -> client.getExperimentByName(name)); // another process was faster
            }
        }
        Experiment experiment = found.orElse(Experiment.getDefaultInstance());
        Arguments.require(
                !DELETED.equals(experiment.getLifecycleStage()),
                () -> "experiment was deleted: experiment=" + Printable.line(name) + ", server=" + server.address()
                        + "; restore it in MLflow, or name another");
        return MlflowServer.present("experiment_id", experiment.getExperimentId());
    }

    /**
     * Starts a run.
     *
     * @param name what MLflow's pages call it; need not be unique
     * @param params the run's settings by name, as text; those that are null are left out. Text beyond the 6000
     *     characters that MLflow takes is cut off
     * @param tags likewise, with 5000 characters
     * @throws IllegalStateException if the server does not answer or refuses
     */
    public MlflowMetrics start(String name, Map<String, ?> params, Map<String, ?> tags) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("mlflow.user", System.getProperty("user.name"));
        all.put("mlflow.source.type", "LOCAL");
        all.put("mlflow.source.name", "blazefl4j");
        all.putAll(tags);
        CreateRun request = CreateRun.newBuilder()
                .setExperimentId(id)
                .setRunName(name)
                .setStartTime(System.currentTimeMillis())
                .addAllTags(pairs(
                        all,
                        LONGEST_TAG,
                        (key, value) ->
                                RunTag.newBuilder().setKey(key).setValue(value).build()))
                .build();
        List<Param> settings = pairs(
                params,
                LONGEST_PARAM,
                (key, value) -> Param.newBuilder().setKey(key).setValue(value).build());
        try {
            MlflowRun created = MlflowRun.of(server, server.ask(client -> client.createRun(request)));
            created.setParams(chunks(settings, PARAMS_AT_ONCE));
            return new MlflowMetrics(created, 0);
        } catch (IOException e) {
            throw server.unusable(e);
        }
    }

    /**
     * Continues a run, of whichever experiment. Its name, params and tags stay as they are. Rounds up to the last that
     * the server has are not sent again.
     *
     * @param runId as of {@link MlflowMetrics#runId}
     * @throws IllegalArgumentException if the server has no such run, or it was deleted
     * @throws IllegalStateException if the server does not answer or refuses
     */
    public MlflowMetrics resume(String runId) {
        try {
            Run found = server.ask(client -> client.getRun(runId));
            if (DELETED.equals(found.getInfo().getLifecycleStage())) {
                throw noSuch(runId);
            }
            MlflowRun run = MlflowRun.of(server, found.getInfo());
            run.reopen();
            return new MlflowMetrics(run, lastStep(found));
        } catch (Refusal e) {
            throw e.is("RESOURCE_DOES_NOT_EXIST") ? noSuch(runId) : server.unusable(e);
        } catch (IOException e) {
            throw server.unusable(e);
        }
    }

    private IllegalArgumentException noSuch(String runId) {
        return new IllegalArgumentException("MLflow has no such run: run=" + Printable.line(runId) + ", server="
                + server.address() + "; restore it, give the address of the server that has it, or start a new one");
    }

    /** Returns the last step of any metric; 0 if there is none. */
    private static int lastStep(Run run) {
        return (int) run.getData().getMetricsList().stream()
                .mapToLong(Metric::getStep)
                .max()
                .orElse(0);
    }

    /** Returns params or tags that MLflow takes; of several that get one name, the last. */
    private static <T> List<T> pairs(Map<String, ?> values, int longest, BiFunction<String, String, T> pair) {
        Map<String, String> texts = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (value != null) {
                texts.put(key(name), cut(value.toString(), longest));
            }
        });
        return texts.entrySet().stream()
                .map(each -> pair.apply(each.getKey(), each.getValue()))
                .toList();
    }

    /** Cuts off what is too long, but no character in half. */
    private static String cut(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest);
    }

    /**
     * Returns a name of a param, tag or metric that MLflow takes: others are refused, and all that is sent with them.
     */
    static String key(String name) {
        String plain = cut(name.replaceAll("[^\\w./ -]", "_"), LONGEST_KEY);
        boolean isPath = Arrays.stream(plain.split("/", -1)).allMatch(part -> part.matches("(?!\\.{1,2}$).+"));
        return isPath
                ? plain
                : "_" + plain.substring(Math.min(plain.length(), 1)).replaceAll("[./]", "_");
    }

    static <T> List<List<T>> chunks(List<T> all, int most) {
        List<List<T>> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += most) {
            chunks.add(all.subList(from, Math.min(from + most, all.size())));
        }
        return chunks;
    }
}
