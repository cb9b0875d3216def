package org.blazefl4j.cli.console;

import java.io.IOException;

/**
 * Ends this process when the one that started it does, even by SIGKILL: that one holds the other end of this one's
 * standard input.
 */
public final class ParentWatch {

    /** The system property that asks for it. */
    public static final String PROPERTY = "blazefl4j.endWithInput";

    private static final int KILLED = 137;

    private ParentWatch() {}

    /** Starts watching if the property is set. */
    public static void startIfAsked() {
        if (Boolean.getBoolean(PROPERTY)) {
            Thread thread = new Thread(ParentWatch::watch, "blazefl4j-parent-watch");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void watch() {
        try {
            while (System.in.read() >= 0) {
                // nobody writes
            }
        } catch (IOException e) {
            // as good as closed
        }
        Runtime.getRuntime().halt(KILLED); // at once, so that a new parent finds its files unused
    }
}
