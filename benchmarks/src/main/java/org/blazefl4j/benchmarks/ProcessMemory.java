package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads processes' memory from the kernel. */
final class ProcessMemory {

    private ProcessMemory() {}

    /** Returns the bytes of shared memory that this process has mapped. */
    static long sharedMappings() {
        try {
            return sharedMappings(Files.readAllLines(Path.of("/proc/self/maps")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the same from lines like {@code 7f00-7f10 rw-s 00000000 00:1a 12 /dev/shm/#12 (deleted)}. */
    static long sharedMappings(List<String> lines) {
        long bytes = 0;
        for (String line : lines) {
            String[] words = line.split("\\s+");
            boolean isSegment = words.length > 5
                    && words[1].endsWith("s")
                    && (words[5].startsWith("/dev/shm/") || words[5].startsWith("/memfd:"));
            if (isSegment) {
                String[] range = words[0].split("-");
                bytes += Long.parseUnsignedLong(range[1], 16) - Long.parseUnsignedLong(range[0], 16);
            }
        }
        return bytes;
    }
}
