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
 * What the operating system allows this process of what worker processes need, to refuse what cannot be, and to name
 * the limit that was met. The limits are read once: a process without descriptors cannot read them any more.
 */
public final class ResourceLimits {

    private static final ResourceLimits HOST = new ResourceLimits(Path.of("/proc"), Path.of("/sys/fs/cgroup"));

    /** What a worker takes of this process's descriptors, and what starting one takes for a moment. */
    private static final int FILES_PER_WORKER = 2;

    private static final int FILES_TO_START = 8;

    /** Threads of a worker's JVM and of this one that serve it; at the least, so that nothing is refused that works. */
    private static final int THREADS_PER_WORKER = 17;

    /** A limit on a user's threads that is worth counting them. */
    private static final long LOW = 4096;

    /** Whom the kernel does not hold to it. */
    private static final long ROOT = 0;

    /** Of the JVM and its libraries while LibTorch is loaded, beside one for each processor. */
    private static final int THREADS_BESIDE_CORES = 6;

    private static final Pattern ERRNO = Pattern.compile("\\berror[=:] ?(\\d+)");

    private final Path proc;
    private final Path controlGroups;
    private final OptionalLong openFiles;
    private final OptionalLong processes;
    private final OptionalLong addressSpace;

    /** Tests give other folders than the host's. */
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

    /** This process's. */
    public static ResourceLimits host() {
        return HOST;
    }

    /**
     * Refuses worker processes that cannot all be started.
     *
     * @throws IllegalArgumentException if there are too few descriptors, processes or threads left
     */
    public void requireWorkers(int workers) {
        long used = count(proc.resolve("self/fd"));
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
                + " " + what + ", limit=" + limit + "; use fewer, of which each takes " + each
                + " at the least, or raise the limit");
    }

    /**
     * Refuses to load LibTorch where it could not start its threads, for that ends the process.
     *
     * @param cores the processors that it may use
     * @throws IllegalStateException if there are too few processes and threads left
     */
    public void requireLibTorch(int cores) {
        int needed = cores + THREADS_BESIDE_CORES;
        if (needed > threadsLeft()) {
            throw new IllegalStateException("too few threads for LibTorch: needed=" + needed + ", limit=" + threads()
                    + "; raise it, or end other processes");
        }
    }

    private long threadsLeft() {
        return Math.min(
                groups().stream().mapToLong(ControlGroup::free).min().orElse(Long.MAX_VALUE),
                userThreadsLeft().orElse(Long.MAX_VALUE));
    }

    /** Empty where there is no limit or one that is far away. */
    private OptionalLong userThreadsLeft() {
        long user = ControlGroup.field(proc.resolve("self/status"), "Uid:");
        if (processes.isEmpty() || processes.getAsLong() > LOW || user == ROOT) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Math.max(0, processes.getAsLong() - threadsOf(user)));
    }

    private List<ControlGroup> groups() {
        return ControlGroup.ofThisProcess(ControlGroup.Controller.PROCESSES, proc, controlGroups);
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
     * What went wrong as {@code found=}, and if a limit was met, which one and what helps.
     *
     * @param thrown what an attempt to start a process or a thread has thrown
     */
    public String describe(Throwable thrown) {
        String found = Causes.describe(thrown);
        if (isNoThread(thrown)) {
            return "found=no thread can be started" + met(Errno.EAGAIN).orElseThrow();
        }
        Matcher errno = ERRNO.matcher(found);
        Optional<String> met = errno.find() ? met(Integer.parseInt(errno.group(1))) : Optional.empty();
        // newer JDKs go on with guesses
        return "found="
                + met.map(limit -> found.lines().findFirst().orElse("").strip() + limit)
                        .orElse(found);
    }

    /** Whether this process has no descriptor left, by which errors of many kinds come about. */
    public boolean isOutOfFiles() {
        try (InputStream any = Files.newInputStream(proc.resolve("self/limits"))) {
            return false;
        } catch (IOException e) {
            return Causes.describe(e).startsWith("too many open files");
        }
    }

    /** The limit of open files, as the end of a message. */
    public String openFilesMet() {
        return met(Errno.EMFILE).orElseThrow();
    }

    /** Whether a thread could not be started. */
    public static boolean isNoThread(Throwable thrown) {
        return thrown instanceof OutOfMemoryError
                && String.valueOf(thrown.getMessage()).contains("unable to create native thread");
    }

    /** The limit behind an error and what helps against it, as the end of a message; empty if it is none of these. */
    Optional<String> met(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> met(files(), FILES_PER_WORKER);
            case Errno.EAGAIN -> met(threads(), THREADS_PER_WORKER);
            case Errno.ENOMEM ->
                addressSpace.isPresent()
                        ? Optional.of(", limit=" + addressSpace.getAsLong()
                                + " bytes of address space of this process (ulimit -v); raise it")
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    /**
     * The same for a JVM that could not start.
     *
     * @param lines what it has said
     */
    public Optional<String> met(List<String> lines) {
        String said = String.join("\n", lines);
        if (said.contains("unable to create native thread")) {
            return met(Errno.EAGAIN);
        }
        return said.contains("Could not reserve enough space") ? met(Errno.ENOMEM) : Optional.empty();
    }

    private static Optional<String> met(String limit, int each) {
        return Optional.of(
                ", limit=" + limit + "; raise it, or use fewer workers, of which each takes " + each + " at the least");
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

    private static long count(Path folder) {
        return list(folder).size();
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
