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

/** A fault that strikes a worker at a {@link FaultPoint}. */
public final class Fault {

    private static final String PROPERTY = "blazefl4j.faults";

    private static final Set<String> KEYS = Set.of("worker", "client", "shard", "attempt", "nth", "when", "do", "file");
    private static final int EXIT_VALUE = 3;

    /** SIGSTOP, 19, is pending: bit 18, which is 4 in its hexadecimal digit. */
    private static final String STOP_PENDING = "(?s).*\\nShdPnd:\\s*\\p{XDigit}*[4-7c-f]\\p{XDigit}{4}\\n.*";

    private enum Action {
        /** Blocks the main thread; the test acts on the process named in the file. */
        WAIT,
        /** Exits with 3. */
        EXIT,
        /** Sends SIGKILL to the worker. */
        KILL,
        /** Sends SIGSTOP to the worker; after SIGCONT it continues. */
        STOP,
        /** Throws an exception. */
        THROW,
        /** Throws an error as if the heap were full. */
        STARVE
    }

    private final FaultPoint point;
    private final Map<String, String> settings;
    private int reached;

    /** Stands for no worker, client, shard or attempt. */
    static final int NONE = -1;

    /** Runs in a worker and triggers the faults in its system property. */
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

    /** Returns the arguments of a worker's JVM that install faults; see {@link #parse}. */
    public static List<String> arguments(String faults) {
        return faults.isEmpty() ? List.of() : arguments(Hook.class, faults);
    }

    static List<String> arguments(Class<? extends FaultPoint.Hook> hook, String faults) {
        return List.of("-D" + FaultPoint.HOOK_CLASS + "=" + hook.getName(), "-D" + PROPERTY + "=" + faults);
    }

    /**
     * Reads faults {@code <POINT>[,<key>=<value>]...}, separated by semicolons.
     *
     * <pre>
     * worker, client, shard, attempt   must match, from 0; without the key all match
     * nth                              fires on the n-th match in this process, from 1; 1 by default
     * when                             a file, in place of nth: the first process to delete it fires, each time
     * do                               wait (the default), exit, kill, stop, throw or starve
     * file                             written with the process id when the fault fires; while it exists, no other does
     * </pre>
     *
     * @throws IllegalArgumentException if the text is no list of faults
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
                throw new IllegalArgumentException("no setting of a fault: text=" + part + ", expected=one of "
                        + new TreeSet<>(KEYS) + " with a value");
            }
            settings.put(key, part.substring(end + 1));
        }
        return new Fault(FaultPoint.valueOf(parts[0]), settings);
    }

    FaultPoint point() {
        return point;
    }

    /** Strikes if the point and all keys match. */
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

    /** Waits until a thread takes the signal, which stops all; until then this thread would continue. */
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
