package org.blazefl4j.cli.console;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds out whether standard streams are terminals, and how wide. */
public final class Terminal {

    private static final int DEFAULT_COLUMNS = 80;

    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";
    private static final String LOG_CONFIGURATION = "java.util.logging.config.file";

    private Terminal() {}

    /**
     * Formats log messages as single lines without date and class, unless the JVM was configured otherwise; they erase
     * the progress bar that may be on the line. Must be called before anything is logged.
     */
    public static void formatWarnings() {
        if (System.getProperty(LOG_FORMAT) == null && System.getProperty(LOG_CONFIGURATION) == null) {
            System.setProperty(LOG_FORMAT, (isOnStandardError() ? "\r\u001b[K" : "") + "%4$s: %5$s%6$s%n");
        }
    }

    /** Returns whether standard error is a terminal. */
    public static boolean isOnStandardError() {
        return isOn(2);
    }

    /** Returns whether standard output is a terminal. */
    public static boolean isOnStandardOutput() {
        return isOn(1);
    }

    /** Returns whether standard output may be coloured: on a terminal, unless {@code NO_COLOR} is set. */
    public static boolean takesColour() {
        return takesColour(isOnStandardOutput(), System.getenv("NO_COLOR"));
    }

    /** Follows https://no-color.org: an empty variable counts as unset. */
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

    /** Returns the width of the controlling terminal; 80 if it is unknown. */
    public static int columns() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim();
            return size.matches("\\d+ [1-9]\\d{1,3}") ? Integer.parseInt(size.split(" ")[1]) : DEFAULT_COLUMNS;
        } catch (IOException e) {
            return DEFAULT_COLUMNS;
        }
    }
}
