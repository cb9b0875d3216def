package org.blazefl4j.cli.console;

/** A temporary line on standard error, shown only on a terminal. */
public final class StartLine implements AutoCloseable {

    private final String text;

    /** Shows the line until it is closed. */
    public StartLine(String text) {
        this.text = Terminal.isOnStandardError() ? text : "";
        print(text);
    }

    private void print(String line) {
        if (!text.isEmpty()) {
            System.err.print("\r" + line + "\r");
            System.err.flush();
        }
    }

    @Override
    public void close() {
        print(" ".repeat(text.length()));
    }
}
