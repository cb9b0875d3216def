package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the peak resident memory of processes from the kernel. */
public final class ResidentMemory {

    private static final String PEAK = "VmHWM:";

    private ResidentMemory() {}

    /** Returns this process's peak in bytes, or 0 if unknown. */
    public static long peak() {
        return peak(ProcessHandle.current().pid());
    }

    /** Returns a process's peak in bytes, or 0 if it has ended or the peak is unknown. */
    static long peak(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith(PEAK))
                    .mapToLong(ResidentMemory::bytes)
                    .findFirst()
                    .orElse(0);
        } catch (IOException ended) {
            return 0;
        }
    }

    /** Parses a line such as {@code VmHWM: 227944 kB}. */
    private static long bytes(String line) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
    }
}
