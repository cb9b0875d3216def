package org.blazefl4j.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Resources of this process, its worker processes and its temporary folder at one moment.
 *
 * @param heapKiB live objects of this JVM
 * @param parent this process
 * @param worker the largest of each figure among the workers
 * @param children processes that this one has started
 * @param files in the temporary folder, with those in its folders
 */
record Look(long heapKiB, Footprint parent, Footprint worker, long children, long files) {

    /** Looks now, after a garbage collection. */
    static Look at(List<Long> workers) {
        System.gc();
        Runtime jvm = Runtime.getRuntime();
        return new Look(
                jvm.totalMemory() - jvm.freeMemory() >> 10,
                Footprint.of(ProcessHandle.current().pid()),
                workers.stream().map(Footprint::of).reduce(Footprint::max).orElse(Footprint.NONE),
                ProcessHandle.current().descendants().count(),
                temporaryFiles());
    }

    private static long temporaryFiles() {
        try (Stream<Path> tree = Files.walk(Path.of(System.getProperty("java.io.tmpdir")))) {
            return tree.count() - 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
