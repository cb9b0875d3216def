package org.blazefl4j.report;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium with one page, driven by the DevTools protocol. */
public final class Chromium implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 120;
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    /** What a page said or asked for. */
    public record Event(String method, Map<String, Object> params) {}

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<Map<String, Object>>> answers = new ConcurrentHashMap<>();
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private String session;

    private Chromium(Process process, Path profile, URI address) {
        this.process = process;
        this.profile = profile;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(address, new Messages())
                .join();
        Object target =
                call("Target.createTarget", Map.of("url", "about:blank")).get("targetId");
        session = (String) call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .get("sessionId");
        Stream.of("Page", "Runtime", "Log", "Network").forEach(domain -> call(domain + ".enable", Map.of()));
    }

    /** Starts it; the test is skipped where none is installed, or fails where the environment demands one. */
    public static Chromium start() throws IOException, InterruptedException {
        List<Path> found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(each -> NAMES.stream().map(name -> Path.of(each, name)))
                .filter(Files::isExecutable)
                .toList();
        if (found.isEmpty() && "true".equals(System.getenv("BLAZEFL4J_REQUIRE_CHROMIUM"))) {
            throw new AssertionError("no Chromium on the PATH: expected=one of " + NAMES);
        }
        assumeTrue(!found.isEmpty(), "pages are tested in Chromium: install it, on Debian by apt-get install chromium");
        Path profile = Files.createTempDirectory("chromium");
        Process process = new ProcessBuilder(
                        found.get(0).toString(),
                        "--headless=new",
                        "--no-sandbox", // cannot be had as root, nor in containers
                        "--disable-gpu",
                        "--disable-dev-shm-usage", // containers have little
                        "--hide-scrollbars",
                        "--disable-background-networking",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new Chromium(process, profile, address(process, profile.resolve("DevToolsActivePort")));
    }

    /** Reads the port and the path that Chromium writes to a file when it is ready. */
    private static URI address(Process process, Path file) throws IOException, InterruptedException {
        List<String> lines = List.of();
        while (lines.size() < 2) {
            if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("Chromium ended: exit=" + process.exitValue());
            }
            lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        }
        return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
    }

    private final class Messages implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                read(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        private void read(String message) {
            try {
                Map<String, Object> map = JSON.std.mapFrom(message);
                if (map.get("id") instanceof Integer id) {
                    answers.get(id).complete(map);
                } else {
                    events.add(new Event((String) map.get("method"), mapOf(map.get("params"))));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> mapOf(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    /** Calls a method of the protocol and waits for its result. */
    public Map<String, Object> call(String method, Map<String, ?> params) {
        int id = ids.incrementAndGet();
        CompletableFuture<Map<String, Object>> answer = new CompletableFuture<>();
        answers.put(id, answer);
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("id", id);
        message.put("method", method);
        message.put("params", params);
        if (session != null) {
            message.put("sessionId", session);
        }
        try {
            socket.sendText(JSON.std.asString(message), true).join();
            Map<String, Object> map = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (map.containsKey("error")) {
                throw new AssertionError(method + ": " + map.get("error"));
            }
            return mapOf(map.get("result"));
        } catch (Exception e) {
            throw new AssertionError(method, e);
        }
    }

    /** Sets the size of the page, and what it is shown on: {@code light}, {@code dark} or {@code print}. */
    public void show(int width, int height, String medium) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        boolean print = medium.equals("print");
        call(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "media",
                        print ? "print" : "screen",
                        "features",
                        List.of(Map.of("name", "prefers-color-scheme", "value", print ? "light" : medium))));
    }

    /** Opens an address and waits until it is loaded; forgets earlier events. */
    public void open(URI address) {
        events.clear();
        call("Page.navigate", Map.of("url", address.toString()));
        await("document.readyState === 'complete'");
    }

    /** Returns the value of an expression of the page. */
    public Object evaluate(String script) {
        Map<String, Object> result =
                call("Runtime.evaluate", Map.of("expression", script, "returnByValue", true, "awaitPromise", true));
        if (result.containsKey("exceptionDetails")) {
            throw new AssertionError(script + ": " + result.get("exceptionDetails"));
        }
        return mapOf(result.get("result")).get("value");
    }

    /** Waits until an expression of the page is true. */
    public void await(String script) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Boolean.TRUE.equals(evaluate(script))) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("never true: " + script);
            }
            Thread.onSpinWait();
        }
    }

    /** Moves the mouse over the middle of the first element that a selector finds. */
    public void hover(String selector) {
        List<?> at = (List<?>) evaluate("(() => { const found = document.querySelector('" + selector
                + "'); found.scrollIntoView({block: 'center'}); const box = found.getBoundingClientRect();"
                + " return [box.x + box.width / 2, box.y + box.height / 2]; })()");
        for (int nudge = 0; nudge < 2; nudge++) {
            call(
                    "Input.dispatchMouseEvent",
                    Map.of(
                            "type",
                            "mouseMoved",
                            "x",
                            ((Number) at.get(0)).doubleValue() + nudge,
                            "y",
                            ((Number) at.get(1)).doubleValue()));
        }
    }

    /** Presses a key, such as {@code ArrowRight}. */
    public void press(String key) {
        call("Input.dispatchKeyEvent", Map.of("type", "keyDown", "key", key, "code", key));
        call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key, "code", key));
    }

    /** Returns what the page complained of: messages of the console, errors, refused requests. */
    public List<String> complaints() {
        return events.stream()
                .filter(event -> List.of("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
                        .contains(event.method()))
                .map(Event::toString)
                .toList();
    }

    /** Returns the addresses that the page asked for, its own among them. */
    public List<String> requests() {
        List<String> addresses = new ArrayList<>();
        for (Event event : events) {
            if (event.method().equals("Network.requestWillBeSent")) {
                addresses.add((String) mapOf(event.params().get("request")).get("url"));
            }
        }
        return addresses;
    }

    /** Writes a picture of the whole page. */
    public void picture(Path file) throws IOException {
        Object data = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
                .get("data");
        Files.write(file, Base64.getDecoder().decode((String) data));
    }

    /** Writes the page as it is printed. */
    public void print(Path file) throws IOException {
        call("Emulation.setEmulatedMedia", Map.of("media", ""));
        Object data = call("Page.printToPDF", Map.of("paperWidth", 8.27, "paperHeight", 11.69))
                .get("data");
        Files.write(file, Base64.getDecoder().decode((String) data));
    }

    @Override
    public void close() {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(each -> each.onExit().join());
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
