package org.blazefl4j.cli.options;

/** What the process ends with. An end by signal is 128 and the signal's number, which the JVM sees to itself. */
public final class ExitCode {

    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;

    /** Of {@code verify}: what both runs have is identical, but one has more. */
    public static final int SHORTER = 3;

    private ExitCode() {}
}
