package org.blazefl4j.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;
import org.blazefl4j.util.Uninterruptibles;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;

/**
 * Speaks to a server by MLflow's own client, except for files: the client starts Python to send them, so they are sent
 * to the documented address instead.
 *
 * <p>The client waits for answers without any limit. So each call has a client, a connection and a daemon thread of its
 * own, and blocks up to the limit for answers or until the caller's thread is interrupted. A call that is given up ends
 * with its connection, and nothing is left when nobody calls.
 */
final class MlflowServer {

    private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";

    private static final String BY_NAME = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=";

    private static final int LONGEST_MESSAGE = 300;

    /** Of a refusal, which is short. */
    private static final int MOST_BYTES = 8192;

    private static final long END_MILLIS = 100;

    /**
     * How long to wait.
     *
     * @param answer for a whole call, from the connection to the last byte of the answer
     * @param retry before a call is tried again, twice as long after each try up to {@code longestRetry}
     * @param end for all that is left to be sent when a run ends
     */
    record Patience(Duration answer, Duration retry, Duration longestRetry, Duration end) {

        static final Patience USUAL = new Patience(
                Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(10));
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
    private final BasicMlflowHostCreds credentials;
    private final Patience patience;

    /**
     * Does not connect.
     *
     * @param environment has the credentials, under the names that MLflow documents
     * @throws IllegalArgumentException if the address is not one of a server, or credentials are not complete
     */
    MlflowServer(URI address, Map<String, String> environment, Patience patience) {
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
        this.credentials = credentials(this.address, environment);
        this.patience = patience;
    }

    private static boolean isWeb(URI address) {
        boolean known = "http".equalsIgnoreCase(address.getScheme()) || "https".equalsIgnoreCase(address.getScheme());
        return known && address.getHost() != null;
    }

    /** A user's name and password win over a token, as MLflow documents. */
    private static BasicMlflowHostCreds credentials(String address, Map<String, String> environment) {
        String user = environment.get("MLFLOW_TRACKING_USERNAME");
        String password = environment.get("MLFLOW_TRACKING_PASSWORD");
        Arguments.require(
                (user == null) == (password == null),
                "credentials are not complete: found=only MLFLOW_TRACKING_" + (user == null ? "PASSWORD" : "USERNAME")
                        + ", expected=it and MLFLOW_TRACKING_" + (user == null ? "USERNAME" : "PASSWORD")
                        + ", or neither; set both");
        return new BasicMlflowHostCreds(address, user, password, environment.get("MLFLOW_TRACKING_TOKEN"), false);
    }

    /** Returns the address without a slash at its end. */
    String address() {
        return address;
    }

    Patience patience() {
        return patience;
    }

    /**
     * Asks for an experiment, and looks whether the question is sent on to another address. The client would follow,
     * with the credentials, and take for granted what it had to say.
     *
     * @throws IOException if it is sent on, or the server does not answer in time, or the thread is interrupted
     */
    void requireOwnAnswer(String experiment) throws IOException {
        HttpURLConnection connection = connection("GET", BY_NAME + URLEncoder.encode(experiment, UTF_8));
        try {
            withinLimit(() -> ownAnswer(connection), connection::disconnect);
        } catch (IOException e) {
            throw first(e);
        }
    }

    private static int ownAnswer(HttpURLConnection connection) throws IOException {
        try {
            int status = status(connection);
            if (status / 100 == 3) {
                String to = Objects.requireNonNullElse(connection.getHeaderField("Location"), "unknown");
                throw new Refusal(status, "", "HTTP status " + status + ", which sends on to " + Printable.address(to));
            }
            return status;
        } finally {
            connection.disconnect();
        }
    }

    /**
     * Asks something.
     *
     * @throws Refusal if the server refuses the call, or what answers is no MLflow server
     * @throws IOException if the server does not answer in time, or the thread is interrupted
     */
    <T> T ask(Function<MlflowClient, T> question) throws IOException {
        MlflowClient client = new MlflowClient(credentials);
        return withinLimit(() -> answer(client, question), client::close);
    }

    /** Says something likewise. */
    void tell(Consumer<MlflowClient> message) throws IOException {
        ask(client -> {
            message.accept(client);
            return "";
        });
    }

    private static <T> T answer(MlflowClient client, Function<MlflowClient, T> question) throws IOException {
        // an interrupted thread does not sleep: after status 429 the client would, and keep one of its two connections
        Thread.currentThread().interrupt();
        try (client) {
            return question.apply(client);
        } catch (MlflowHttpException e) {
            throw refusal(e.getStatusCode(), e.getBodyMessage());
        } catch (RuntimeException e) {
            if (e.getCause() instanceof InterruptedException) {
                throw refusal(429, "");
            }
            if (e.getCause() instanceof IOException cause && cause.toString().equals(e.getMessage())) {
                throw first(cause);
            }
            throw new Refusal(200, "", "no answer of MLflow"); // without the cause, whose message quotes the answer
        }
    }

    /** Returns what made a connection fail, without the words of each layer. */
    private static IOException first(IOException failure) {
        if (failure instanceof UnknownHostException) {
            return new IOException("unknown host", failure);
        }
        return failure.getCause() instanceof IOException cause ? first(cause) : failure;
    }

    /**
     * Sends a file of a run.
     *
     * @param path the file's path in the server's store, which begins with a slash
     * @throws Refusal if the server refuses it
     * @throws IOException if the server does not answer in time, or the thread is interrupted
     */
    void put(String path, Path file) throws IOException {
        HttpURLConnection connection = connection("PUT", ARTIFACTS + path);
        withinLimit(() -> send(connection, Files.readAllBytes(file)), connection::disconnect);
    }

    private HttpURLConnection connection(String method, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) new URL(address + path).openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod(method);
        connection.setConnectTimeout((int) patience.answer().toMillis());
        connection.setReadTimeout(2 * (int) patience.answer().toMillis()); // ends calls that were given up
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Connection", "close");
        String user = credentials.getUsername();
        String basic = user + ":" + credentials.getPassword();
        String token =
                user == null ? credentials.getToken() : Base64.getEncoder().encodeToString(basic.getBytes(UTF_8));
        if (token != null) {
            connection.setRequestProperty("Authorization", (user == null ? "Bearer " : "Basic ") + token);
        }
        return connection;
    }

    /** Sends a body whose length is announced, so that the JVM does not send it again by itself. */
    private static int send(HttpURLConnection connection, byte[] body) throws IOException {
        try {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/octet-stream");
            connection.setFixedLengthStreamingMode(body.length);
            try (OutputStream out = connection.getOutputStream()) {
                out.write(body);
            }
            int status = status(connection);
            if (status / 100 != 2) {
                InputStream text = connection.getErrorStream();
                throw refusal(status, text == null ? "" : new String(text.readNBytes(MOST_BYTES), UTF_8));
            }
            return status;
        } finally {
            connection.disconnect();
        }
    }

    /**
     * Calls from a thread of its own.
     *
     * @param end ends the connection of a call that is given up
     */
    private <T> T withinLimit(Callable<T> work, Runnable end) throws IOException {
        FutureTask<T> call = new FutureTask<>(work);
        Thread caller = daemon(call);
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
                daemon(() -> end(caller, end)); // may wait for the thread that reads
            }
        }
    }

    /** Ends a call's connections, also one that it has only just begun. */
    private static void end(Thread caller, Runnable end) {
        do {
            end.run();
        } while (!Uninterruptibles.join(caller, END_MILLIS));
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "blazefl4j-mlflow-call");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Says that a limit has passed. */
    static String noAnswerWithin(Duration limit) {
        return "no answer within " + limit.toSeconds() + " s";
    }

    /** With a body of a fixed length, the JVM takes a refusal for want of credentials for a failure of its own. */
    private static int status(HttpURLConnection connection) throws IOException {
        try {
            return connection.getResponseCode();
        } catch (HttpRetryException e) {
            return e.responseCode();
        }
    }

    /** Reads what MLflow says of a refusal, if it is MLflow that refuses. */
    private static Refusal refusal(int status, String text) {
        Map<String, Object> found = Map.of();
        try {
            found = text.stripLeading().startsWith("{") ? JSON.std.mapFrom(text) : found;
        } catch (IOException e) {
            // another server, or a text that was cut off
        }
        String code = Objects.toString(found.get("error_code"), "");
        String message = found.containsKey("message") ? ": " + found.get("message") : "";
        return new Refusal(status, code, line("HTTP status " + status + (code.isEmpty() ? "" : ", " + code) + message));
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

    /** Returns a text that an answer must have. */
    static String present(String name, String found) throws Refusal {
        if (found.isEmpty()) {
            throw new Refusal(200, "", "an answer without " + name);
        }
        return found;
    }
}
