package org.blazefl4j.cli.console;

/** Formats log messages as single lines without date and class, unless the JVM was configured otherwise. */
public final class WarningLines {

    private static final String FORMAT = "java.util.logging.SimpleFormatter.format";
    private static final String CONFIGURATION = "java.util.logging.config.file";

    /** Erases the progress bar that may be on the line. */
    private static final String ERASE_LINE = "\r\u001b[K";

    private WarningLines() {}

    /** Sets the format. Must be called before anything is logged. */
    public static void setUp() {
        if (System.getProperty(FORMAT) == null && System.getProperty(CONFIGURATION) == null) {
            System.setProperty(FORMAT, (Terminal.isOnStandardError() ? ERASE_LINE : "") + "%4$s: %5$s%6$s%n");
        }
    }
}
