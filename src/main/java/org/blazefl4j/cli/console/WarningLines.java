package org.blazefl4j.cli.console;

/**
 * The look of the library's warnings: one line each, without date and class, in place of a progress bar that stands
 * where it goes. A JVM that was told otherwise keeps to that.
 */
public final class WarningLines {

    private static final String FORMAT = "java.util.logging.SimpleFormatter.format";
    private static final String CONFIGURATION = "java.util.logging.config.file";

    /** Back to the start of the line, and what stands there away. */
    private static final String OVER_THE_BAR = "\r\u001b[K";

    private WarningLines() {}

    /** To be called before anything is logged. */
    public static void setUp() {
        if (System.getProperty(FORMAT) == null && System.getProperty(CONFIGURATION) == null) {
            System.setProperty(FORMAT, (Terminal.isOnStandardError() ? OVER_THE_BAR : "") + "%4$s: %5$s%6$s%n");
        }
    }
}
