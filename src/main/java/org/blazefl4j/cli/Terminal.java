package org.blazefl4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody watches a stream, or it goes to a file or pipe. */
final class Terminal {

    private static final int USUAL_COLUMNS = 80;

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

    /** The width of the terminal that the process belongs to; 80 where there is none or it does not tell. */
    static int columns() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim();
            return size.matches("\\d+ [1-9]\\d{1,3}") ? Integer.parseInt(size.split(" ")[1]) : USUAL_COLUMNS;
        } catch (IOException e) {
            return USUAL_COLUMNS;
        }
    }
}
