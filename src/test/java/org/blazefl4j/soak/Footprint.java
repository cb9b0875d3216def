package org.blazefl4j.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Resources that a process holds, as the kernel counts them.
 *
 * @param rssKiB resident memory, shared memory included
 * @param privateKiB resident memory that no other process sees
 * @param descriptors open files
 * @param threads native threads, the JVM's own included
 * @param segments mappings of unnamed shared memory
 */
record Footprint(long rssKiB, long privateKiB, long descriptors, long threads, long segments) {

    private static final int COUNTS = 5;
    private static final long BETWEEN_COUNTS_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** The footprint of no process. */
    static final Footprint NONE = new Footprint(0, 0, 0, 0, 0);

    /**
     * Reads the footprint of a running process.
     *
     * @throws UncheckedIOException if it ends meanwhile
     */
    static Footprint of(long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        Path memory = proc.resolve("smaps_rollup");
        long privateKiB = kibibytes(memory, "Private_Clean:") + kibibytes(memory, "Private_Dirty:");
        return new Footprint(
                kibibytes(proc.resolve("status"), "VmRSS:"),
                privateKiB,
                steadyEntries(proc.resolve("fd")),
                steadyEntries(proc.resolve("task")),
                segments(proc.resolve("maps")));
    }

    /** Returns the open files without those of segments. A segment is mapped as long as it is open. */
    long otherDescriptors() {
        return descriptors - segments;
    }

    /** Returns the larger of each figure. */
    Footprint max(Footprint other) {
        return new Footprint(
                Math.max(rssKiB, other.rssKiB),
                Math.max(privateKiB, other.privateKiB),
                Math.max(descriptors, other.descriptors),
                Math.max(threads, other.threads),
                Math.max(segments, other.segments));
    }

    private static long kibibytes(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.split("\\s+")[1]))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no " + name)); // as of a process that has ended
        } catch (IOException e) {
            throw new UncheckedIOException("process ended while it was looked at: " + file, e);
        }
    }

    /** Returns the least of a few counts, because the JVM opens files and starts threads for moments. */
    private static long steadyEntries(Path folder) {
        long least = entries(folder);
        for (int i = 1; i < COUNTS; i++) {
            LockSupport.parkNanos(BETWEEN_COUNTS_NANOS);
            least = Math.min(least, entries(folder));
        }
        return least;
    }

    private static long entries(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException("process ended while it was looked at: " + folder, e);
        }
    }

    private static long segments(Path maps) {
        try (Stream<String> lines = Files.lines(maps)) {
            return lines.filter(line -> line.endsWith("(deleted)"))
                    .filter(line -> line.contains("/dev/shm") || line.contains("/memfd:"))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException("process ended while it was looked at: " + maps, e);
        }
    }
}
