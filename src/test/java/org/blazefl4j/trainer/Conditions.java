package org.blazefl4j.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Waits on conditions, and looks at this process from outside. */
final class Conditions {

    /** Longer than any wait takes, even on a machine with every core busy. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final char GONE = 0;

    private Conditions() {}

    /** Waits until the condition holds; fails once that has taken longer than {@link #PATIENCE}. */
    static void await(String what, BooleanSupplier condition) {
        await(() -> what, condition);
    }

    /** Waits until the condition holds; makes the description only when it fails. */
    static void await(Supplier<String> what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not happen: " + what.get());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    static void awaitFile(Path file) {
        await(file + " exists", () -> Files.exists(file));
    }

    /** Returns whether a process exists and is not a zombie. */
    static boolean isRunning(long pid) {
        char state = state(pid);
        return state != GONE && state != 'Z';
    }

    /** Returns whether a process is stopped by a signal. */
    static boolean isStopped(long pid) {
        return state(pid) == 'T';
    }

    /** Returns the name of the program that a process runs, or an empty string if there is no such process. */
    static String command(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (IOException gone) {
            return "";
        }
    }

    /** Returns the kernel's letter for the state of a process. */
    private static char state(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException gone) {
            return GONE;
        }
    }

    /** Sends a signal to processes with one command; returns false if there is no such process. */
    static boolean signal(String name, Long... pids) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        Stream.of(pids).map(String::valueOf).forEach(command::add);
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the names of the library's live threads. */
    static Set<String> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("blazefl4j-"))
                .collect(Collectors.toSet());
    }

    /** Returns the number of mappings of unnamed shared memory. */
    static long segmentsMapped() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("(deleted)"))
                    .filter(line -> line.contains("/dev/shm") || line.contains("memfd:"))
                    .count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the number of this process's descriptors of unnamed shared memory. */
    static long segmentsOpen() {
        return segmentsOpen(ProcessHandle.current().pid());
    }

    /** Returns the number of a process's descriptors of unnamed shared memory. */
    static long segmentsOpen(long pid) {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return descriptors.filter(Conditions::isSegment).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns whether a descriptor of a process is one of unnamed shared memory. */
    static boolean isSegment(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.endsWith("(deleted)") && (target.startsWith("/dev/shm") || target.startsWith("/memfd:"));
        } catch (IOException gone) {
            return false;
        }
    }
}
