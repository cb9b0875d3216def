package org.blazefl4j.cli.report;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.blazefl4j.report.Page;
import org.blazefl4j.report.ResultLines;
import org.blazefl4j.report.RunPage;
import org.blazefl4j.report.RunRecord;
import org.blazefl4j.util.Causes;

/**
 * Serves the page of a run that goes on, to this machine only. Reads the run's file when it is asked and the file has
 * grown, so a run that nobody watches pays nothing. A page that follows the run gets the last state before this closes.
 */
public final class LivePage implements AutoCloseable {

    private static final double SECONDS = 2;

    /** Making the page takes at most this share of the time between two requests. */
    private static final double MOST_SHARE = 0.005;

    private final Path run;
    private final HttpServer server;
    private final CountDownLatch last = new CountDownLatch(1);
    private volatile boolean ended;
    private volatile long followed = System.nanoTime() - Long.MAX_VALUE / 2;
    private long length = -1;
    private String data = "";
    private String html = "";
    private double pause = SECONDS;

    /**
     * Starts serving.
     *
     * @param run the run's folder, which has its result file
     * @throws UncheckedIOException if no port is free
     */
    public LivePage(Path run) {
        this.run = run;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot serve the page: address=loopback, found=" + Causes.describe(e) + "; omit --live", e);
        }
        server.createContext("/", this::answer);
        server.start();
    }

    /** Returns where the page is. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String host = String.valueOf(exchange.getRequestHeaders().getFirst("Host"));
            String path = exchange.getRequestURI().getPath();
            if (!host.matches("(127\\.0\\.0\\.1|localhost|\\[::1])(:\\d+)?")) {
                send(exchange, 403, "text/plain", "This page is for this machine only."); // such as a site's own name
            } else if (path.equals("/")) {
                refresh();
                send(exchange, 200, "text/html", html);
            } else if (path.equals("/data")) {
                boolean whole = ended;
                refresh();
                followed = System.nanoTime();
                send(exchange, 200, "application/json", data);
                if (whole) {
                    last.countDown();
                }
            } else {
                send(exchange, 404, "text/plain", "Nothing is here.");
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private synchronized void refresh() throws IOException {
        long now = Files.size(ResultLines.file(run));
        if (now == length && !ended) {
            return;
        }
        long begin = System.nanoTime();
        length = now;
        Page page = RunPage.of(List.of(RunRecord.read(run, true)));
        if (!ended) {
            page.live(pause);
        }
        data = page.toJson();
        html = page.toHtml();
        pause = Math.max(SECONDS, (System.nanoTime() - begin) / 1e9 / MOST_SHARE);
    }

    /** Lets a page that follows the run have its last state, then ends. */
    @Override
    public void close() {
        ended = true;
        long limit = (long) ((pause + 1) * 1e9);
        try {
            if (System.nanoTime() - followed < limit) {
                last.await(limit, TimeUnit.NANOSECONDS); // or the reader has left
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
    }
}
