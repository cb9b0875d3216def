package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that a process has resident, as the kernel counts it. */
public final class ResidentMemory {

    private static final String PEAK = "VmHWM:";

    private ResidentMemory() {}

    /** The most that this process has had, in bytes; 0 if the kernel does not tell. */
    public static long peak() {
        return peak(ProcessHandle.current().pid());
    }

    /** The most that a process has had, in bytes; 0 if it has ended or the kernel does not tell. */
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

    /** From a line such as {@code VmHWM: 227944 kB}. */
    private static long bytes(String line) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
    }
}
