package org.blazefl4j.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.blazefl4j.binding.Build;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Libraries;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;

/**
 * Speaks MLflow's documented REST API 2.0. MLflow's own client is not used: it waits for answers without any limit,
 * starts Python to send files, and its jar of 8.6 MB, last released in 2024, has a copy of each library that it needs,
 * of 2016 to 2022.
 *
 * <p>Each call blocks, up to the limit for answers or until its thread is interrupted, and has a connection and a
 * daemon thread of its own: nothing is left when nobody calls, while the JVM's newer client has threads, which JDK 17
 * cannot end. A call that is given up ends with its connection.
 */
final class MlflowServer {

    private static final String CALLS = "/api/2.0/mlflow/";
    private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";

    private static final int LONGEST_MESSAGE = 300;

    /**
     * How long to wait.
     *
     * @param connection for a connection
     * @param answer for a whole call, from the connection to the last byte of the answer
     * @param retry before a call is tried again, twice as long after each try up to {@code longestRetry}
     * @param end for all that is left to be sent when a run ends
     */
    record Patience(Duration connection, Duration answer, Duration retry, Duration longestRetry, Duration end) {

        static final Patience USUAL = new Patience(
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10));
    }

    /** An answer that is none, or says that a call failed. */
    static final class Refusal extends IOException {

        private static final long serialVersionUID = 1L;

        /** Those after which MLflow's own client tries again. */
        private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);

        private final int status;
        private final String code;

        Refusal(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }

        boolean is(String expected) {
            return code.equals(expected);
        }

        /** Returns whether the same call may succeed later. */
        boolean mayPass() {
            return PASSING.contains(status);
        }
    }

    private final String address;
    private final @Nullable String authorization;
    private final Patience patience;

    /**
     * Does not connect.
     *
     * @param environment has the credentials, under the names that MLflow documents
     * @throws IllegalArgumentException if the address is not one of a server, or credentials are not complete
     * @throws IllegalStateException if jackson-jr is missing
     */
    MlflowServer(URI address, Map<String, String> environment, Patience patience) {
        Libraries.require(
                MlflowExperiment.class, "com.fasterxml.jackson.jr.ob.JSON", Build.library("jackson-jr-objects"));
        Arguments.require(
                isWeb(address) && address.getQuery() == null && address.getFragment() == null,
                () -> "not the address of an MLflow server: server=" + Printable.address(address)
                        + ", expected=such as http://127.0.0.1:5000; start one by 'mlflow server', and give its address");
        Arguments.require(
                address.getUserInfo() == null,
                () -> "credentials in an address: server=" + Printable.address(address)
                        + ", expected=none, since others can read it; set MLFLOW_TRACKING_USERNAME and"
                        + " MLFLOW_TRACKING_PASSWORD");
        this.address = address.toString().replaceFirst("/+$", "");
        this.authorization = authorization(environment);
        this.patience = patience;
    }

    private static boolean isWeb(URI address) {
        boolean known = "http".equalsIgnoreCase(address.getScheme()) || "https".equalsIgnoreCase(address.getScheme());
        return known && address.getHost() != null;
    }

    /** A user's name and password win over a token, as MLflow documents. */
    private static @Nullable String authorization(Map<String, String> environment) {
        String user = environment.get("MLFLOW_TRACKING_USERNAME");
        String password = environment.get("MLFLOW_TRACKING_PASSWORD");
        Arguments.require(
                (user == null) == (password == null),
                "credentials are not complete: found=only MLFLOW_TRACKING_" + (user == null ? "PASSWORD" : "USERNAME")
                        + ", expected=it and MLFLOW_TRACKING_" + (user == null ? "USERNAME" : "PASSWORD")
                        + ", or neither; set both");
        if (user != null) {
            return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
        }
        String token = environment.get("MLFLOW_TRACKING_TOKEN");
        return token == null ? null : "Bearer " + token;
    }

    /** Returns the address without a slash at its end. */
    String address() {
        return address;
    }

    Patience patience() {
        return patience;
    }

    /**
     * Reads.
     *
     * @param call such as {@code runs/get}, with its query
     * @throws Refusal if the server refuses the call, or what answers is no MLflow server
     * @throws IOException if the server does not answer in time, or the thread is interrupted
     */
    Map<String, Object> get(String call) throws IOException {
        return exchange("GET", CALLS + call, null);
    }

    /** Writes likewise. */
    Map<String, Object> post(String call, Map<String, ?> body) throws IOException {
        return exchange("POST", CALLS + call, JSON.std.asBytes(body));
    }

    /**
     * Writes a file of a run likewise.
     *
     * @param path the file's path in the server's store, which begins with a slash
     */
    void put(String path, Path file) throws IOException {
        exchange("PUT", ARTIFACTS + path, Files.readAllBytes(file));
    }

    private Map<String, Object> exchange(String method, String path, byte @Nullable [] body) throws IOException {
        HttpURLConnection connection = connection(method, path);
        FutureTask<Map<String, Object>> call = new FutureTask<>(() -> exchange(connection, body));
        daemon(call);
        try {
            return call.get(patience.answer().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new SocketTimeoutException(noAnswerWithin(patience.answer()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            if (call.cancel(true)) {
                daemon(connection::disconnect); // may wait for the thread that reads
            }
        }
    }

    private HttpURLConnection connection(String method, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(address + path).openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout((int) patience.connection().toMillis());
        connection.setReadTimeout(2 * (int) patience.answer().toMillis()); // ends calls that were given up
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestProperty("Connection", "close");
        connection.setRequestProperty("Accept", "application/json");
        connection.setRequestProperty("User-Agent", "blazefl4j/" + Build.VERSION);
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
        }
        return connection;
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "blazefl4j-mlflow-call");
        thread.setDaemon(true);
        thread.start();
    }

    /** Says that a limit has passed. */
    static String noAnswerWithin(Duration limit) {
        return "no answer within " + limit.toSeconds() + " s";
    }

    private static Map<String, Object> exchange(HttpURLConnection connection, byte @Nullable [] body)
            throws IOException {
        try {
            if (body != null) {
                send(connection, body);
            }
            return answer(connection);
        } catch (UnknownHostException e) {
            throw new IOException("unknown host", e);
        } finally {
            connection.disconnect();
        }
    }

    /** Sends a body whose length is announced, so that the JVM does not send it again by itself. */
    private static void send(HttpURLConnection connection, byte[] body) throws IOException {
        boolean file = connection.getRequestMethod().equals("PUT");
        connection.setRequestProperty("Content-Type", file ? "application/octet-stream" : "application/json");
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(body.length);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
    }

    /** Reads the answer; its stream is closed with the connection, since the JVM may keep that for later otherwise. */
    private static Map<String, Object> answer(HttpURLConnection connection) throws IOException {
        int status = status(connection);
        boolean succeeded = status / 100 == 2;
        InputStream body = succeeded ? connection.getInputStream() : connection.getErrorStream();
        String text = body == null ? "" : new String(readAll(body), UTF_8);
        if (!succeeded) {
            throw refusal(status, text);
        }
        return text.isBlank() ? Map.of() : object(status, text);
    }

    /** Reads until the call is given up. */
    private static byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] some = new byte[8192];
        for (int count = in.read(some); count >= 0; count = in.read(some)) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("given up");
            }
            bytes.write(some, 0, count);
        }
        return bytes.toByteArray();
    }

    /** With a body of a fixed length, the JVM takes a refusal for want of credentials for a failure of its own. */
    private static int status(HttpURLConnection connection) throws IOException {
        try {
            return connection.getResponseCode();
        } catch (HttpRetryException e) {
            return e.responseCode();
        }
    }

    private static Refusal refusal(int status, String text) throws Refusal {
        Map<String, Object> found = text.stripLeading().startsWith("{") ? object(status, text) : Map.of();
        String code = Objects.toString(found.get("error_code"), "");
        String message = found.containsKey("message") ? ": " + found.get("message") : "";
        return new Refusal(status, code, line("HTTP status " + status + (code.isEmpty() ? "" : ", " + code) + message));
    }

    private static Map<String, Object> object(int status, String text) throws Refusal {
        try {
            Map<String, Object> found = JSON.std.mapFrom(text);
            if (found != null) {
                return found;
            }
        } catch (IOException e) {
            // not used as the cause, because Jackson's message quotes the text
        }
        throw new Refusal(status, "", "HTTP status " + status + ", but no answer of MLflow");
    }

    private static String line(String text) {
        String line = Printable.line(text);
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "...";
    }

    /** Returns what is thrown to users. */
    IllegalStateException unusable(IOException e) {
        return new IllegalStateException(
                "MLflow cannot be used: server=" + address + ", found=" + Causes.describe(e)
                        + "; start the server, or give the address and the credentials of another",
                e);
    }

    /** Returns an object that an answer must have. */
    static Map<?, ?> object(Map<?, ?> answer, String name) throws Refusal {
        if (answer.get(name) instanceof Map<?, ?> found) {
            return found;
        }
        throw lacking(name);
    }

    /** Returns a text that an answer must have. */
    static String text(Map<?, ?> answer, String name) throws Refusal {
        if (answer.get(name) instanceof String found) {
            return found;
        }
        throw lacking(name);
    }

    private static Refusal lacking(String name) {
        return new Refusal(200, "", "an answer without " + name);
    }
}
