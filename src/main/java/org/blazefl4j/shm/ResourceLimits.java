package org.blazefl4j.shm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;

/**
 * The operating system's limits on what worker processes need. Refuses pools that cannot start and names the limit
 * behind a failure. Reads the limits once, because a process that has run out of descriptors cannot read them.
 */
public final class ResourceLimits {

    private static final ResourceLimits HOST = new ResourceLimits(Path.of("/proc"), Path.of("/sys/fs/cgroup"));

    /** Descriptors of this process that each worker holds, and those needed briefly to start one. */
    private static final int FILES_PER_WORKER = 2;

    private static final int FILES_TO_START = 8;

    /**
     * The fewest threads that a worker needs, in its JVM and in this one. A lower bound, so that no working pool is
     * refused.
     */
    private static final int THREADS_PER_WORKER = 17;

    /** Up to this limit, a user's threads are counted. */
    private static final long LOW = 4096;

    /** The user that the kernel exempts. */
    private static final long ROOT = 0;

    /** Threads that loading LibTorch needs besides one for each processor. */
    private static final int THREADS_BESIDE_CORES = 6;

    private static final Pattern ERRNO = Pattern.compile("\\berror[=:] ?(\\d+)");

    private final Path proc;
    private final Path controlGroups;
    private final OptionalLong openFiles;
    private final OptionalLong processes;
    private final OptionalLong addressSpace;

    /** Reads limits from the given folders; visible for tests. */
    ResourceLimits(Path proc, Path controlGroups) {
        this.proc = proc;
        this.controlGroups = controlGroups;
        this.openFiles = limit("Max open files");
        this.processes = limit("Max processes");
        this.addressSpace = limit("Max address space");
    }

    private OptionalLong limit(String name) {
        long limit = ControlGroup.field(proc.resolve("self/limits"), name);
        return limit < 0 ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    public static ResourceLimits host() {
        return HOST;
    }

    /**
     * Checks that all worker processes can be started.
     *
     * @throws IllegalArgumentException if there are too few descriptors, processes or threads left
     */
    public void requireWorkers(int workers) {
        long used = list(proc.resolve("self/fd")).size();
        long files = (long) FILES_PER_WORKER * workers + FILES_TO_START;
        if (openFiles.isPresent() && used + files > openFiles.getAsLong()) {
            throw tooMany(workers, "open files", used + files, files(), FILES_PER_WORKER);
        }
        long threads = (long) THREADS_PER_WORKER * workers;
        if (threads > threadsLeft()) {
            throw tooMany(workers, "threads", threads, threads(), THREADS_PER_WORKER);
        }
    }

    private static IllegalArgumentException tooMany(int workers, String what, long needed, String limit, int each) {
        return new IllegalArgumentException("too many worker processes: numParallels=" + workers + ", needed=" + needed
                + " " + what + ", limit=" + limit + "; use fewer workers (each takes at least " + each
                + "), or raise the limit");
    }

    /**
     * Checks that LibTorch can start its threads. If it cannot, it ends the process.
     *
     * @param cores the processors that LibTorch may use
     * @throws IllegalStateException if there are too few processes and threads left
     */
    public void requireLibTorch(int cores) {
        int needed = cores + THREADS_BESIDE_CORES;
        if (needed > threadsLeft()) {
            throw new IllegalStateException("too few threads for LibTorch: needed=" + needed + ", limit=" + threads()
                    + "; raise the limit, or end other processes");
        }
    }

    private long threadsLeft() {
        return Math.min(
                groups().stream().mapToLong(ControlGroup::free).min().orElse(Long.MAX_VALUE),
                userThreadsLeft().orElse(Long.MAX_VALUE));
    }

    /** Returns the threads left to this user. Empty if there is no limit, or a high one. */
    private OptionalLong userThreadsLeft() {
        long user = ControlGroup.field(proc.resolve("self/status"), "Uid:");
        if (processes.isEmpty() || processes.getAsLong() > LOW || user == ROOT) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Math.max(0, processes.getAsLong() - threadsOf(user)));
    }

    private List<ControlGroup> groups() {
        return ControlGroup.ofThisProcess(ControlGroup.PROCESSES, proc, controlGroups);
    }

    private long threadsOf(long user) {
        long threads = 0;
        for (Path process : list(proc)) {
            Path status = process.resolve("status");
            boolean number = process.getFileName().toString().matches("\\d+");
            if (number && ControlGroup.field(status, "Uid:") == user) {
                threads += Math.max(0, ControlGroup.field(status, "Threads:"));
            }
        }
        return threads;
    }

    /**
     * Returns a failure as {@code found=...}, with the limit that was reached and the remedy, if known.
     *
     * @param thrown the failure to start a process or thread
     */
    public String describe(Throwable thrown) {
        String found = Causes.describe(thrown);
        if (isNoThread(thrown)) {
            return "found=no thread can be started" + met(Errno.EAGAIN).orElseThrow();
        }
        Matcher errno = ERRNO.matcher(found);
        Optional<String> met = errno.find() ? met(Integer.parseInt(errno.group(1))) : Optional.empty();
        // newer JDKs append guesses in further lines
        return "found="
                + met.map(limit -> found.lines().findFirst().orElse("").strip() + limit)
                        .orElse(found);
    }

    /** Returns whether this process is out of descriptors, which causes many kinds of errors. */
    public boolean isOutOfFiles() {
        try (InputStream any = Files.newInputStream(proc.resolve("self/limits"))) {
            return false;
        } catch (IOException e) {
            return Causes.describe(e).startsWith("too many open files");
        }
    }

    /** Returns the limit on open files, as the end of a message. */
    public String openFilesMet() {
        return met(Errno.EMFILE).orElseThrow();
    }

    /** Returns whether a failure means that a thread could not be started. */
    public static boolean isNoThread(Throwable thrown) {
        return thrown instanceof OutOfMemoryError
                && String.valueOf(thrown.getMessage()).contains("unable to create native thread");
    }

    /** Returns the limit behind an error and its remedy, as the end of a message. Empty for other errors. */
    Optional<String> met(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> met(files(), FILES_PER_WORKER);
            case Errno.EAGAIN -> met(threads(), THREADS_PER_WORKER);
            case Errno.ENOMEM ->
                addressSpace.isPresent()
                        ? Optional.of(", limit=" + addressSpace.getAsLong()
                                + " bytes of address space of this process (ulimit -v); raise the limit")
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    /**
     * Returns the limit that kept a JVM from starting, as the end of a message. Empty for other causes.
     *
     * @param lines the JVM's output
     */
    public Optional<String> met(List<String> lines) {
        String output = String.join("\n", lines);
        if (output.contains("unable to create native thread")) {
            return met(Errno.EAGAIN);
        }
        return output.contains("Could not reserve enough space") ? met(Errno.ENOMEM) : Optional.empty();
    }

    private static Optional<String> met(String limit, int each) {
        return Optional.of(
                ", limit=" + limit + "; raise the limit, or use fewer workers (each takes at least " + each + ")");
    }

    private String files() {
        return number(openFiles) + " open files of this process (ulimit -n)";
    }

    private String threads() {
        StringJoiner limits = new StringJoiner(" and ");
        for (ControlGroup group : groups()) {
            limits.add(group.limit() + " processes and threads of the control group (pids.max; containers:"
                    + " --pids-limit), " + group.free() + " left");
        }
        if (processes.isPresent() || limits.length() == 0) {
            OptionalLong left = userThreadsLeft();
            limits.add(number(processes) + " processes and threads of this user (ulimit -u)"
                    + (left.isPresent() ? ", " + left.getAsLong() + " left" : ""));
        }
        return limits.toString();
    }

    private static String number(OptionalLong limit) {
        return limit.isPresent() ? Long.toString(limit.getAsLong()) : "unknown";
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
