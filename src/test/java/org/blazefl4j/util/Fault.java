package org.blazefl4j.util;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Something that happens to a worker at a {@link FaultPoint}. */
public final class Fault {

    private static final String PROPERTY = "blazefl4j.faults";

    private static final Set<String> KEYS = Set.of("worker", "client", "shard", "attempt", "nth", "when", "do", "file");
    private static final int EXIT_VALUE = 3;

    /** SIGSTOP, 19, among the signals that wait for the process: bit 18, whose hexadecimal digit has four. */
    private static final String STOP_PENDING = "(?s).*\\nShdPnd:\\s*\\p{XDigit}*[4-7c-f]\\p{XDigit}{4}\\n.*";

    private enum Action {
        /** Nothing more happens in its main thread: whoever reads the file does with it as he likes. */
        WAIT,
        /** It exits with 3. */
        EXIT,
        /** It gets SIGKILL. */
        KILL,
        /** It gets SIGSTOP; woken, it goes on. */
        STOP,
        /** It throws. */
        THROW,
        /** It throws as if its heap were full. */
        STARVE
    }

    private final FaultPoint point;
    private final Map<String, String> settings;
    private int reached;

    /** No worker, client, shard or attempt. */
    static final int NONE = -1;

    /** Has the faults strike that the worker's JVM was told. */
    static final class Hook implements FaultPoint.Hook {

        private final List<Fault> faults = parse(System.getProperty(PROPERTY));
        private int worker = NONE;
        private int client = NONE;
        private int shard = NONE;
        private int attempt = NONE;

        @Override
        public void accept(FaultPoint point, int number) {
            switch (point) {
                case STARTING -> worker = number;
                case CLAIMED -> {
                    attempt = number;
                    client = NONE;
                    shard = NONE;
                }
                case DECODING -> {
                    client = number < 0 ? NONE : number;
                    shard = number < 0 ? ~number : NONE;
                }
                default -> {}
            }
            faults.forEach(fault -> fault.reach(point, worker, client, shard, attempt));
        }
    }

    private Fault(FaultPoint point, Map<String, String> settings) {
        this.point = point;
        this.settings = settings;
    }

    /** The arguments of a worker's JVM that have faults strike; see {@link #parse}. */
    public static List<String> arguments(String faults) {
        return faults.isEmpty()
                ? List.of()
                : List.of("-D" + FaultPoint.HOOK_CLASS + "=" + Hook.class.getName(), "-D" + PROPERTY + "=" + faults);
    }

    /**
     * Reads {@code <POINT>[,<key>=<value>]...}, several of them separated by semicolons. Keys are what has to be so for
     * it to strike, {@code worker}, {@code client}, {@code shard} and {@code attempt} (from 0); {@code nth}: it fires
     * on the n-th match in this process (from 1; the first unless said); instead of that a file, {@code when}: it
     * strikes whoever is first to delete it, as often as it is made; what happens, {@code do}, one of {@code wait}
     * (unless said), {@code exit}, {@code kill}, {@code stop}, {@code throw} and {@code starve}; and a {@code file}: it
     * is made with the worker's process id when the fault strikes, and as long as it is there it strikes no other
     * process.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static List<Fault> parse(String text) {
        return Stream.of(text.split(";"))
                .filter(part -> !part.isEmpty())
                .map(Fault::one)
                .toList();
    }

    private static Fault one(String text) {
        String[] parts = text.split(",");
        Map<String, String> settings = new HashMap<>();
        for (String part : List.of(parts).subList(1, parts.length)) {
            int end = part.indexOf('=');
            String key = end < 0 ? part : part.substring(0, end);
            if (end < 0 || !KEYS.contains(key)) {
                throw new IllegalArgumentException(
                        "no setting of a fault: text=" + part + ", limit=" + new TreeSet<>(KEYS) + " with a value");
            }
            settings.put(key, part.substring(end + 1));
        }
        return new Fault(FaultPoint.valueOf(parts[0]), settings);
    }

    FaultPoint point() {
        return point;
    }

    /** Strikes if this is the point and all is as it was asked for. */
    void reach(FaultPoint here, int worker, int client, int shard, int attempt) {
        boolean wanted = here == point
                && is("worker", worker)
                && is("client", client)
                && is("shard", shard)
                && is("attempt", attempt);
        if (wanted && isDue() && isFirst()) {
            strike();
        }
    }

    private boolean isDue() {
        String trigger = settings.get("when");
        try {
            return trigger == null ? ++reached == number("nth", 1) : Files.deleteIfExists(Path.of(trigger));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean is(String key, int value) {
        return number(key, value) == value;
    }

    private int number(String key, int unlessSaid) {
        String value = settings.get(key);
        return value == null ? unlessSaid : Integer.parseInt(value);
    }

    private boolean isFirst() {
        String file = settings.get("file");
        try {
            return file == null || claim(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean claim(Path file) throws IOException {
        Path draft = Files.createTempFile(file.getParent(), "reached", null);
        try {
            Files.createLink(file, Files.writeString(draft, pid()));
            return true;
        } catch (FileAlreadyExistsException struckBefore) {
            return false;
        } finally {
            Files.delete(draft);
        }
    }

    private void strike() {
        switch (Action.valueOf(settings.getOrDefault("do", "wait").toUpperCase(Locale.ROOT))) {
            case WAIT -> parkForEver();
            case EXIT -> Runtime.getRuntime().halt(EXIT_VALUE);
            case KILL -> {
                signal("KILL");
                parkForEver();
            }
            case STOP -> {
                signal("STOP");
                awaitTaken();
            }
            case THROW -> throw new IllegalStateException("fault at " + point);
            case STARVE -> throw new OutOfMemoryError("fault at " + point);
        }
    }

    private static void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, pid()).start().waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("fault did not strike: " + e, e);
        }
    }

    /** Until a thread has taken the signal, which then stops them all: meanwhile this one could go on. */
    private static void awaitTaken() {
        try {
            while (Files.readString(Path.of("/proc/self/status")).matches(STOP_PENDING)) {
                Thread.onSpinWait();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void parkForEver() {
        while (true) {
            LockSupport.park();
        }
    }

    private static String pid() {
        return Long.toString(ProcessHandle.current().pid());
    }
}
