package org.blazefl4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.PhaseTimes.Phase;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.metrics.LocalMlflow.Metric;
import org.blazefl4j.metrics.LocalMlflow.Run;
import org.blazefl4j.metrics.MlflowSender.Call;
import org.blazefl4j.metrics.MlflowServer.Patience;
import org.blazefl4j.util.LogLines;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records runs on a server that takes what MLflow documents, and nothing else. */
final class MlflowMetricsTest {

    private static final Patience SHORT = patience(Duration.ofSeconds(20), Duration.ofSeconds(20));
    private static final Patience NONE_AT_END = patience(Duration.ofSeconds(20), Duration.ofMillis(100));
    private static final Patience SHORT_ANSWERS = patience(Duration.ofSeconds(1), Duration.ofSeconds(20));

    /** How often MLflow's client makes a request that is refused. */
    private static final int CLIENT_TRIES = 3;

    @TempDir
    private Path folder;

    private LocalMlflow mlflow;
    private LogLines log;

    /** Loads the client, which takes longer than the shortest limit. */
    @BeforeAll
    static void loadClient() throws IOException {
        try (LocalMlflow server = new LocalMlflow()) {
            MlflowExperiment.open(server.address(), "study");
        }
    }

    @BeforeEach
    void start() throws IOException {
        mlflow = new LocalMlflow();
        log = new LogLines(MlflowMetrics.class);
    }

    @AfterEach
    void stop() {
        log.close();
        mlflow.close();
    }

    private static Patience patience(Duration answer, Duration end) {
        return new Patience(answer, Duration.ofMillis(5), Duration.ofMillis(20), end);
    }

    private MlflowServer server(Patience patience) {
        return new MlflowServer(mlflow.address(), Map.of(), patience);
    }

    private MlflowExperiment open(Patience patience) {
        return MlflowExperiment.open(server(patience), "study");
    }

    private static void writeAccuracy(MlflowMetrics metrics, int from, int to) {
        IntStream.rangeClosed(from, to).forEach(round -> metrics.write(round, Map.of("accuracy", 0.1 * round)));
    }

    private AbstractStringAssert<?> assertThatOneLineIsLogged() {
        return assertThat(log.lines()).singleElement().asString();
    }

    private static void unusable(ThrowingCallable call, String message) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("MLflow cannot be used: server=")
                .hasMessageContaining(message);
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private MlflowMetrics startRun() {
        return startRun(SHORT);
    }

    private MlflowMetrics startRun(Patience patience) {
        return open(patience).start("a run", Map.of(), Map.of());
    }

    private static RoundReport report(int round, Map<String, Object> summary) {
        return new RoundReport(
                round,
                List.of(3, 1, 2),
                List.of(1),
                4,
                List.of(1, 2),
                summary,
                new PhaseTimes(Map.of(Phase.TRAIN, Duration.ofMillis(2000))));
    }

    private static Simulation.Summary summary(boolean stopped) {
        return new Simulation.Summary(
                1, 3, 0, stopped, Optional.empty(), Map.of(), PhaseTimes.NONE, PeakMemory.UNKNOWN);
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static List<Long> steps(int from, int to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    @Test
    void shouldRecordARunFromItsParamsToItsEnd() throws IOException {
        Map<String, Object> first = new LinkedHashMap<>();
        first.put("round", 1);
        first.put("accuracy", 0.7);
        first.put("loss", Double.NaN);
        first.put("sha256", "text");
        Path page = Files.writeString(folder.resolve("a page.html"), "<p>");
        Map<String, Object> params = new LinkedHashMap<>(Map.of("lr", 0.1, "algorithm.mu", 1));
        params.put("none", null);
        long before = System.currentTimeMillis();

        try (MlflowMetrics metrics = open(SHORT).start("a run", params, Map.of("seed", 42))) {
            metrics.roundFinished(report(0, first));
            metrics.roundFinished(report(1, Map.of("loss", Double.NEGATIVE_INFINITY, "accuracy", 1.0)));
            metrics.attach(page);
            metrics.runFinished(summary(false));
            assertThat(metrics.runId()).isEqualTo(mlflow.run().id);
            assertThat(metrics.page()).hasToString(mlflow.address() + "/#/experiments/1/runs/" + mlflow.run().id);
        }

        Run run = mlflow.run();
        long after = System.currentTimeMillis();
        assertThat(mlflow.experiments()).containsExactly(Map.entry("1", "study"));
        assertThat(run.name).isEqualTo("a run");
        assertThat(run.params).isEqualTo(Map.of("lr", "0.1", "algorithm.mu", "1"));
        assertThat(run.tags)
                .isEqualTo(Map.of(
                        "seed", "42",
                        "mlflow.user", System.getProperty("user.name"),
                        "mlflow.source.type", "LOCAL",
                        "mlflow.source.name", "blazefl4j"));
        assertThat(run.metrics)
                .extracting(Metric::key)
                .containsOnly(
                        "accuracy",
                        "loss",
                        "clients",
                        "dropped",
                        "retries",
                        "non_finite",
                        "sampling_seconds",
                        "training_seconds",
                        "aggregation_seconds",
                        "evaluation_seconds",
                        "total_seconds");
        assertThat(run.values("accuracy")).containsExactly(0.7, 1.0);
        assertThat(run.values("loss")).containsExactly(Double.NaN, Double.NEGATIVE_INFINITY);
        assertThat(run.values("training_seconds")).containsExactly(2.0, 2.0);
        assertThat(run.steps("accuracy")).containsExactly(1L, 2L);
        assertThat(run.metrics)
                .extracting(Metric::timestamp)
                .allSatisfy(time -> assertThat(time).isBetween(before, after));
        assertThat(run.started).isBetween(before, after);
        assertThat(run.ended).isBetween(run.started, after);
        assertThat(run.statuses).containsExactly("RUNNING", "FINISHED");
        assertThat(LocalMlflow.content(run, "a page.html")).isEqualTo("<p>");
        assertThat(log.lines()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true, KILLED", "false, FINISHED", ", FAILED"})
    void shouldSayHowTheRunEnded(Boolean stopped, String status) {
        try (MlflowMetrics metrics = startRun()) {
            if (stopped != null) {
                metrics.runFinished(summary(stopped));
            }
            assertThat(mlflow.run().status()).isEqualTo("RUNNING");
            metrics.close(); // and once more
        }
        assertThat(mlflow.run().statuses).containsExactly("RUNNING", status);
    }

    @Test
    void shouldStayWithinWhatAServerTakesAtOnce() {
        Map<String, Object> params = new LinkedHashMap<>();
        IntStream.range(0, 230).forEach(i -> params.put("param" + i, "\u20ac".repeat(5990 + i)));
        Map<String, Double> many = new LinkedHashMap<>();
        IntStream.range(0, 2500).forEach(i -> many.put("metric" + i, 1.0 * i));

        MlflowExperiment experiment = open(SHORT);
        try (MlflowMetrics metrics = experiment.start("n".repeat(10), params, Map.of("long", "x".repeat(9999)))) {
            metrics.write(1, many);
            IntStream.rangeClosed(2, 300).forEach(round -> metrics.write(round, Map.of("a", 1, "b", 2, "c", 3)));
        }

        Run run = mlflow.run();
        assertThat(run.params).hasSize(230).containsEntry("param0", "\u20ac".repeat(5990));
        assertThat(run.params.get("param229")).isEqualTo("\u20ac".repeat(6000));
        assertThat(run.tags.get("long")).hasSize(5000);
        assertThat(run.metrics).hasSize(2500 + 299 * 3);
        assertThat(run.steps("b")).isEqualTo(steps(2, 300));
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void shouldKeepOneOfSeveralParamsOfOneNameAndCharactersWhole() {
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("a?", 1);
        params.put("a!", 2);
        params.put("long", "x" + "\ud83d\ude00".repeat(3000));
        open(SHORT).start("a run", params, Map.of()).close();

        assertThat(mlflow.run().params).isEqualTo(Map.of("a_", "2", "long", "x" + "\ud83d\ude00".repeat(2999)));
    }

    @Property(tries = 300)
    void shouldMakeNamesThatAServerTakes(@ForAll String name) {
        String key = MlflowExperiment.key(name);

        assertThat(key).matches("[/\\w.\\- ]+").hasSizeLessThanOrEqualTo(250).doesNotStartWith("/");
        assertThat(Path.of(key).normalize().toString()).isEqualTo(key).doesNotStartWith("..");
    }

    @ParameterizedTest
    @CsvSource({
        "client_accuracy, client_accuracy",
        "server/loss, server/loss",
        "loss (test), loss _test_",
        "../loss, _._loss",
        "/loss, _loss",
        "a//b, ___b",
        ".., __",
        "'', _"
    })
    void shouldKeepNamesThatAServerTakes(String name, String key) {
        assertThat(MlflowExperiment.key(name).replace('.', '_')).isEqualTo(key.replace('.', '_'));
    }

    @Test
    void shouldSendRoundsLaterIfTheServerWasAway() throws IOException {
        try (MlflowMetrics metrics = startRun()) {
            writeAccuracy(metrics, 1, 1);
            await("first round", () -> !mlflow.run().metrics.isEmpty());
            mlflow.stop();
            writeAccuracy(metrics, 2, 50);
            await("a warning", () -> !log.lines().isEmpty());
            mlflow.restart();
            metrics.runFinished(summary(false));
        }

        assertThat(mlflow.run().steps("accuracy")).isEqualTo(steps(1, 50));
        assertThat(mlflow.run().status()).isEqualTo("FINISHED");
        assertThatOneLineIsLogged()
                .startsWith("MLflow takes nothing: server=" + mlflow.address() + ", found=")
                .endsWith("; the run goes on, and rounds are sent later if the server is back");
    }

    @ParameterizedTest
    @CsvSource({"429, REQUEST_LIMIT_EXCEEDED", "503, TEMPORARILY_UNAVAILABLE", "500, INTERNAL_ERROR"})
    void shouldTryAgainAfterAFailureThatPasses(int status, String code) {
        try (MlflowMetrics metrics = startRun()) {
            mlflow.refuse(3, "log-batch", status, code, "later");
            writeAccuracy(metrics, 1, 1);
        }

        assertThat(mlflow.run().steps("accuracy")).containsExactly(1L);
        assertThat(log.lines()).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void shouldNotRecordARoundTwiceIfOnlyTheAnswerWasLost() {
        try (MlflowMetrics metrics = startRun()) {
            mlflow.loseAnswer("log-batch");
            writeAccuracy(metrics, 1, 1);
        }

        assertThat(mlflow.requests())
                .filteredOn(each -> each.endsWith("log-batch"))
                .hasSize(2);
        assertThat(mlflow.run().values("accuracy")).containsExactly(0.1);
    }

    @Test
    void shouldNameRoundsThatWereNeverSent() {
        try (MlflowMetrics metrics = startRun(NONE_AT_END)) {
            writeAccuracy(metrics, 1, 1);
            await("first round", () -> !mlflow.run().metrics.isEmpty());
            mlflow.refuse(Integer.MAX_VALUE, "log-batch", 503, "TEMPORARILY_UNAVAILABLE", "later");
            writeAccuracy(metrics, 2, 2);
            await(
                    "a warning, which comes after the answer to the first round",
                    () -> !log.lines().isEmpty());
            mlflow.stop();
            writeAccuracy(metrics, 3, 3);
            metrics.attach(folder.resolve("report.html"));
        }

        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(1))
                .startsWith("MLflow lacks a part of the run: run=" + mlflow.address() + "/#/experiments/1/runs/")
                .contains(", missing=rounds 2 to 3, the status FAILED, report.html, found=")
                .endsWith("; result files have it");
    }

    @Test
    void shouldNeitherWaitForAServerThatHangsNorSendMoreThanFits() throws IOException {
        MlflowMetrics metrics = startRun(NONE_AT_END);
        mlflow.hang();
        long start = System.nanoTime();
        for (int round = 1; round <= 10_003; round++) {
            metrics.write(round, Map.of("accuracy", 0.5));
        }
        Duration rounds = Duration.ofNanos(System.nanoTime() - start);
        metrics.close();
        Duration all = Duration.ofNanos(System.nanoTime() - start);

        assertThat(rounds).isLessThan(Duration.ofSeconds(5));
        assertThat(all).isLessThan(Duration.ofSeconds(10));
        assertThatOneLineIsLogged().contains(", missing=rounds 1 to 10003, the status FAILED, found=no answer within ");
        awaitNoThreads();
    }

    private static void awaitNoThreads() {
        await(
                "no threads",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(each -> each.getName().startsWith("blazefl4j-mlflow")));
    }

    @Test
    void shouldNotWaitForAnAnswerThatNeverEnds() {
        mlflow.drip("get-by-name");
        unusable(() -> open(SHORT_ANSWERS), ", found=no answer within 1 s; start the server");

        mlflow.drip("log-batch");
        MlflowMetrics metrics = startRun(NONE_AT_END);
        writeAccuracy(metrics, 1, 1);
        await("first round", () -> mlflow.requests().stream().anyMatch(each -> each.endsWith("log-batch")));
        long start = System.nanoTime();
        metrics.close();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThatOneLineIsLogged().contains(", missing=round 1, the status FAILED, found=no answer within ");
        awaitNoThreads();
    }

    @Test
    void shouldTryAgainIfAnAnswerNeverEnds() {
        try (MlflowMetrics metrics = startRun(SHORT_ANSWERS)) {
            mlflow.drip("log-batch");
            writeAccuracy(metrics, 1, 1);
            await("a warning", () -> !log.lines().isEmpty());
            mlflow.drip("none");
        }

        assertThat(mlflow.run().steps("accuracy")).containsExactly(1L);
        assertThatOneLineIsLogged().contains(", found=no answer within 1 s; the run goes on");
    }

    @Test
    void shouldGoOnAfterARefusal() {
        try (MlflowMetrics metrics = startRun()) {
            mlflow.refuse(CLIENT_TRIES, "log-batch", 400, "INVALID_PARAMETER_VALUE", "not\nso");
            writeAccuracy(metrics, 1, 1);
            await("a warning", () -> !log.lines().isEmpty());
            writeAccuracy(metrics, 2, 2);
            metrics.runFinished(summary(false));
        }

        assertThat(mlflow.run().steps("accuracy")).containsExactly(2L);
        assertThat(mlflow.run().status()).isEqualTo("FINISHED");
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(1))
                .endsWith(", missing=round 1, found=HTTP status 400, INVALID_PARAMETER_VALUE: not\\u000aso;"
                        + " result files have it");
    }

    @Test
    void shouldNameSomeRangesOfRounds() {
        BitSet rounds = new BitSet();
        rounds.set(3);
        assertThat(MlflowSender.rounds(rounds)).isEqualTo("round 3");
        rounds.set(5, 9);
        assertThat(MlflowSender.rounds(rounds)).isEqualTo("rounds 3, 5 to 8");
        IntStream.range(10, 20).forEach(i -> rounds.set(2 * i));
        assertThat(MlflowSender.rounds(rounds)).isEqualTo("rounds 3, 5 to 8, 20, 22, 24 and others, 15 altogether");
    }

    @Test
    void shouldContinueARunAfterWhatTheServerHas() {
        String id;
        try (MlflowMetrics metrics = startRun()) {
            id = metrics.runId();
            writeAccuracy(metrics, 1, 3);
        }
        try (MlflowMetrics metrics = open(SHORT).resume(id)) {
            assertThat(metrics.runId()).isEqualTo(id);
            writeAccuracy(metrics, 2, 5);
            metrics.runFinished(summary(false));
        }

        assertThat(mlflow.run().steps("accuracy")).isEqualTo(steps(1, 5));
        assertThat(mlflow.run().statuses).containsExactly("RUNNING", "FAILED", "RUNNING", "FINISHED");
    }

    @Test
    void shouldNameARunThatItCannotContinue() {
        startRun().close();
        MlflowExperiment experiment = open(SHORT);
        mlflow.run().stage = "deleted";
        for (String run : List.of("0a0b", mlflow.run().id)) {
            refused(
                    () -> experiment.resume(run),
                    "MLflow has no such run: run=" + run + ", server=" + mlflow.address()
                            + "; restore it, give the address of the server that has it, or start a new one");
        }
    }

    @Test
    void shouldUseAnExperimentThatExistsOrThatAnotherProcessMakes() {
        open(SHORT);
        open(SHORT);
        assertThat(mlflow.experiments()).hasSize(1);

        mlflow.refuse(CLIENT_TRIES, "get-by-name", 404, "RESOURCE_DOES_NOT_EXIST", "not yet");
        assertThat(open(SHORT)).isNotNull();
        assertThat(mlflow.experiments()).hasSize(1);

        mlflow.deleteExperiment("study");
        refused(
                () -> open(SHORT),
                "experiment was deleted: experiment=study, server=" + mlflow.address()
                        + "; restore it in MLflow, or name another");
    }

    @Test
    void shouldMarkARunWhoseParamsWereRefusedAsFailed() {
        MlflowExperiment experiment = open(SHORT);
        mlflow.refuse(CLIENT_TRIES, "log-batch", 400, "INVALID_PARAMETER_VALUE", "no");

        unusable(
                () -> experiment.start("a run", Map.of("lr", 1), Map.of()),
                ", found=HTTP status 400, INVALID_PARAMETER_VALUE: no; start the server");
        assertThat(mlflow.run().status()).isEqualTo("FAILED");
    }

    @Test
    void shouldSendNothingOnToAnotherServer() throws IOException {
        try (LocalMlflow other = new LocalMlflow()) {
            mlflow.sendOnTo(other.address() + "/login?token=secret");
            Map<String, String> environment = Map.of("MLFLOW_TRACKING_TOKEN", "secret");
            unusable(
                    () -> MlflowExperiment.open(new MlflowServer(mlflow.address(), environment, SHORT), "study"),
                    "MLflow cannot be used: server=" + mlflow.address()
                            + ", found=HTTP status 302, which sends on to " + other.address()
                            + "/login?***; start the server, or give the address and the credentials of another");
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void shouldSayWhyAServerCannotBeUsed() throws IOException {
        String remedy = "; start the server, or give the address and the credentials of another";
        mlflow.answerWith("<html>hello");
        unusable(
                () -> open(SHORT),
                "MLflow cannot be used: server=" + mlflow.address() + ", found=no answer of MLflow" + remedy);

        mlflow.answerWith("{}");
        unusable(() -> open(SHORT), ", found=an answer without experiment_id" + remedy);

        mlflow.stop();
        unusable(
                () -> open(SHORT),
                "MLflow cannot be used: server=" + mlflow.address() + ", found=Connection refused" + remedy);

        MlflowServer nowhere = new MlflowServer(URI.create("http://no-such-host.invalid:5000/"), Map.of(), SHORT);
        unusable(
                () -> MlflowExperiment.open(nowhere, "study"),
                "server=http://no-such-host.invalid:5000, found=unknown host" + remedy);

        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI address = URI.create("http://127.0.0.1:" + silent.getLocalPort());
            MlflowServer server = new MlflowServer(address, Map.of(), SHORT_ANSWERS);
            unusable(() -> MlflowExperiment.open(server, "study"), ", found=no answer within 1 s" + remedy);
        }
    }

    @ParameterizedTest
    @CsvSource({"ftp://host", "sqlite:///mlflow.db", "databricks", "http:///path", "http://host/?a=b", "./mlruns"})
    void shouldRefuseWhatIsNoAddressOfAServer(String address) {
        refused(
                () -> new MlflowServer(URI.create(address), Map.of(), SHORT),
                "not the address of an MLflow server: server=" + address.replace("a=b", "***")
                        + ", expected=such as http://127.0.0.1:5000; start one by 'mlflow server', and give its address");
    }

    @Test
    void shouldRefuseCredentialsThatOthersCouldReadOrThatAreNotComplete() {
        refused(
                () -> new MlflowServer(URI.create("https://me:secret@host/"), Map.of(), SHORT),
                "credentials in an address: server=https://***@host/, expected=none, since others can read"
                        + " it; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD");
        Map<String, String> half = Map.of("MLFLOW_TRACKING_USERNAME", "me");
        refused(
                () -> new MlflowServer(mlflow.address(), half, SHORT),
                "credentials are not complete: found=only MLFLOW_TRACKING_USERNAME, expected=it and"
                        + " MLFLOW_TRACKING_PASSWORD, or neither; set both");
    }

    @Test
    void shouldRefuseAnExperimentWithoutAName() {
        MlflowServer server = server(SHORT);
        refused(
                () -> MlflowExperiment.open(server, " "),
                "name of an experiment out of range: experiment= , length=1, limit=1 to 500 characters;"
                        + " choose another");
    }

    @Test
    void shouldSendCredentialsOfTheEnvironmentAndPreferThoseOfAUser() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("MLFLOW_TRACKING_TOKEN", "t0ken");
        mlflow.requireAuthorization("Bearer t0ken");
        MlflowExperiment.open(new MlflowServer(mlflow.address(), environment, SHORT), "study");

        environment.put("MLFLOW_TRACKING_USERNAME", "J\u00fcrgen");
        environment.put("MLFLOW_TRACKING_PASSWORD", "a:b");
        mlflow.requireAuthorization("Basic SsO8cmdlbjphOmI=");
        MlflowServer server = new MlflowServer(mlflow.address(), environment, SHORT);
        MlflowExperiment.open(server, "study")
                .start("a run", Map.of(), Map.of())
                .close();
        assertThat(mlflow.run().status()).isEqualTo("FAILED");

        unusable(() -> open(SHORT), ", found=HTTP status 401, UNAUTHENTICATED: You are not authenticated.;");
    }

    /** The JVM takes a refusal for want of credentials for a failure of its own if a request has a body. */
    @Test
    void shouldNameARefusalOfARequestWithABody() {
        MlflowExperiment experiment = open(SHORT);
        mlflow.requireAuthorization("Bearer expired");

        unusable(() -> experiment.start("a run", Map.of(), Map.of()), ", found=HTTP status 401");
    }

    /** MLflow itself takes files of runs that have ended. */
    @Test
    void shouldSendTheStatusEvenIfFilesCannotBeStored() throws IOException {
        mlflow.refuse(1000, "mlflow-artifacts", 500, "INTERNAL_ERROR", "no boto3");
        try (MlflowMetrics metrics = startRun()) {
            metrics.attach(Files.writeString(folder.resolve("experiment.toml"), "lr = 1"));
            metrics.attach(Files.writeString(folder.resolve("report.html"), "<p>"));
            metrics.attach(folder.resolve("missing.html"));
            metrics.runFinished(summary(false));
        }

        assertThat(mlflow.run().status()).isEqualTo("FINISHED");
        assertThat(mlflow.requests()).filteredOn(each -> each.startsWith("PUT")).hasSize(7);
        assertThatOneLineIsLogged()
                .endsWith(", missing=experiment.toml, report.html, missing.html, found=not found: "
                        + folder.resolve("missing.html") + "; result files have it");
    }

    @Test
    void shouldSendTheStatusEvenIfTheServerFailsToStoreRounds() {
        try (MlflowMetrics metrics = startRun()) {
            mlflow.refuse(1000, "log-batch", 500, "INTERNAL_ERROR", "no disk");
            writeAccuracy(metrics, 1, 3000);
            metrics.runFinished(summary(false));
        }

        assertThat(mlflow.run().status()).isEqualTo("FINISHED");
        assertThat(log.lines())
                .last()
                .asString()
                .endsWith(", missing=rounds 1 to 3000, found=HTTP status 500, INTERNAL_ERROR: no disk;"
                        + " result files have it");
    }

    @Test
    void shouldGoOnAfterAFailureThatNobodyExpects() {
        MlflowServer server = server(SHORT);
        Map<String, Call> calls = new LinkedHashMap<>();
        List<String> sent = new ArrayList<>();
        calls.put("status", () -> sent.add("status"));
        calls.put("one", () -> {
            throw new IllegalStateException("odd");
        });
        calls.put("another", () -> {
            throw new OutOfMemoryError("no memory");
        });
        calls.put("last", () -> sent.add("last"));
        new MlflowSender(new MlflowRun(server, "a", "1", "mlflow-artifacts:/1")).end(calls);

        assertThat(sent).containsExactly("status", "last");
        assertThatOneLineIsLogged().endsWith(", missing=one, another, found=no memory; result files have it");
    }

    @ParameterizedTest
    @CsvSource({
        "s3://bucket, s3://bucket",
        "/home/me/my runs, /home/me/my runs",
        "ftp://me:s3cret@host, ftp://***@host",
        "mlflow-artifacts://host, mlflow-artifacts://host",
        "mlflow-artifacts:a, mlflow-artifacts:a"
    })
    void shouldKeepFilesFromServersThatDoNotTakeThem(String store, String shown) throws IOException {
        mlflow.storeArtifactsIn(store);
        Path page = Files.writeString(folder.resolve("report.html"), "<p>");
        try (MlflowMetrics metrics = startRun()) {
            metrics.attach(page);
        }

        assertThat(mlflow.run().artifacts).isEmpty();
        assertThat(mlflow.run().status()).isEqualTo("FAILED");
        assertThatOneLineIsLogged()
                .endsWith(", missing=report.html, found=the server takes no files, which are kept in " + shown + "/1/"
                        + mlflow.run().id + "/artifacts; result files have it");
    }
}
