package org.blazefl4j.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What this process, its worker processes and its temporary folder hold at one moment.
 *
 * @param heapKiB live objects of this JVM
 * @param parent this process
 * @param worker of each figure that of the worker that has most
 * @param children processes that this one has started
 * @param files in the temporary folder, with those in its folders
 */
record Look(long heapKiB, Footprint parent, Footprint worker, long children, long files) {

    /** Now, with the garbage collected. */
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
