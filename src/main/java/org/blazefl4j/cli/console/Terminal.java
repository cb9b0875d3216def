package org.blazefl4j.cli.console;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody watches a stream, or it goes to a file or pipe. */
public final class Terminal {

    private static final int USUAL_COLUMNS = 80;

    private Terminal() {}

    /** Whether standard error is a terminal, so that a line on it may be drawn over. */
    public static boolean isOnStandardError() {
        return isOn(2);
    }

    /** Whether standard output is a terminal. */
    public static boolean isOnStandardOutput() {
        return isOn(1);
    }

    /** Whether what is written to standard output may be coloured: on a terminal, unless {@code NO_COLOR} is set. */
    public static boolean takesColour() {
        return takesColour(isOnStandardOutput(), System.getenv("NO_COLOR"));
    }

    /** As https://no-color.org has it: an empty variable counts as none. */
    public static boolean takesColour(boolean terminal, String noColor) {
        return terminal && (noColor == null || noColor.isEmpty());
    }

    private static boolean isOn(int descriptor) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            boolean terminal =
                    target.startsWith("/dev/pts") || target.startsWith("/dev/tty") || target.endsWith("console");
            return terminal && !"dumb".equals(System.getenv("TERM"));
        } catch (IOException e) {
            return false;
        }
    }

    /** The width of the terminal that the process belongs to; 80 where there is none or it does not tell. */
    public static int columns() {
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
