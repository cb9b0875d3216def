package org.blazefl4j.cli.options;

/** What the process ends with. An end by signal is 128 and the signal's number, which the JVM sees to itself. */
final class ExitCode {

    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    /** Of {@code verify}: what both runs have is identical, but one has more. */
    static final int SHORTER = 3;

    private ExitCode() {}
}
