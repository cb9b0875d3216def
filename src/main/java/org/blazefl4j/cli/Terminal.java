package org.blazefl4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody watches a stream, or it goes to a file or pipe. */
final class Terminal {

    private Terminal() {}

    /** Whether standard error is a terminal, so that a line on it may be drawn over. */
    static boolean isOnStandardError() {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/2"));
            boolean terminal =
                    target.startsWith("/dev/pts") || target.startsWith("/dev/tty") || target.endsWith("console");
            return terminal && !"dumb".equals(System.getenv("TERM"));
        } catch (IOException e) {
            return false;
        }
    }
}
