package org.blazefl4j.cli.console;

/** A temporary line on standard error, shown only on a terminal. */
public final class StartLine {

    private final String text;

    private StartLine(String text) {
        this.text = text;
    }

    public static StartLine show(String text) {
        StartLine line = new StartLine(Terminal.isOnStandardError() ? text : "");
        line.print(line.text);
        return line;
    }

    public void clear() {
        print(" ".repeat(text.length()));
    }

    private void print(String what) {
        if (!text.isEmpty()) {
            System.err.print("\r" + what + "\r");
            System.err.flush();
        }
    }
}
