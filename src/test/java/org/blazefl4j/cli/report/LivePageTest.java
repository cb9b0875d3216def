package org.blazefl4j.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.blazefl4j.report.Chromium;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LivePageTest {

    @TempDir
    private Path run;

    @BeforeEach
    void begin() throws IOException {
        Files.writeString(run.resolve("metrics.jsonl"), "{\"type\":\"configuration\",\"seed\":1}\n");
    }

    private void addRound(int round) throws IOException {
        Files.writeString(
                run.resolve("metrics.jsonl"),
                "{\"type\":\"round\",\"round\":" + round + ",\"accuracy\":0.5,\"total_seconds\":1}\n{\"type\":\"rou",
                StandardOpenOption.APPEND);
    }

    /** Speaks HTTP by hand, with a host name as a browser would send that of a foreign site. */
    private static String get(LivePage page, String path, String host) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), page.address().getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Map<String, Object> data(LivePage page) throws IOException {
        String answer = get(page, "/data", "localhost");
        return JSON.std.mapFrom(answer.substring(answer.indexOf("\r\n\r\n")));
    }

    @Test
    void shouldServeThePageAndWhatIsNew() throws IOException {
        try (LivePage page = new LivePage(run)) {
            assertThat(get(page, "/", "127.0.0.1:80"))
                    .startsWith("HTTP/1.1 200 OK")
                    .contains("connect-src 'self'", "\"live\":2");
            assertThat(data(page).toString()).doesNotContain("Accuracy over rounds");

            addRound(1);
            assertThat(data(page).toString()).contains("Accuracy over rounds");
        }
    }

    @Test
    void shouldAnswerThisMachineAndThePageOnly() throws IOException {
        try (LivePage page = new LivePage(run)) {
            assertThat(page.address().getHost()).isEqualTo("127.0.0.1");
            assertThat(get(page, "/", "evil.example")).startsWith("HTTP/1.1 403");
            assertThat(get(page, "/metrics.jsonl", "localhost")).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void shouldGiveTheLastStateToAPageThatFollows() throws Exception {
        LivePage page = new LivePage(run);
        assertThat(data(page)).containsKey("live");

        CompletableFuture<Void> closed = CompletableFuture.runAsync(page::close);
        while (data(page).containsKey("live")) {
            Thread.onSpinWait();
        }
        closed.join();
    }

    @Slow
    @Test
    void shouldFollowARunInABrowser() throws Exception {
        try (Chromium chromium = Chromium.start();
                LivePage page = new LivePage(run)) {
            chromium.open(page.address());
            assertThat(chromium.evaluate("document.body.innerText"))
                    .asString()
                    .contains("The run goes on; this page follows it.")
                    .doesNotContain("Accuracy over rounds");

            addRound(1);
            chromium.await("document.querySelector('figure.lines .plot svg path') !== null");

            page.close();
            chromium.await("document.getElementById('state') === null"
                    + " || document.getElementById('state').textContent.startsWith('No longer updated')");
            assertThat(chromium.requests())
                    .allMatch(address -> address.startsWith(page.address().toString()));
        }
    }
}
