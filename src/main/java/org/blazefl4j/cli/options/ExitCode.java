package org.blazefl4j.cli.options;

/** The exit codes of the process. After a signal, the JVM sets the code to 128 plus the signal's number. */
public final class ExitCode {

    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;

    /** For {@code verify}: the common rounds are identical, but one run has more. */
    public static final int SHORTER = 3;

    private ExitCode() {}
}
