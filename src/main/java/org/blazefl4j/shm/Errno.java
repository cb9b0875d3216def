package org.blazefl4j.shm;

import org.blazefl4j.binding.Native;

/** Failures of the operating system, as exceptions. */
final class Errno {

    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EMFILE = 24;
    static final int ENOSPC = 28;

    private Errno() {}

    /**
     * Describes a failed call.
     *
     * @param what what was tried
     * @param code the negative errno that it gave
     * @param with what it was tried with, as {@code name=value}
     * @param remedy how to mend it, unless a limit of this process was met
     */
    static IllegalStateException failed(String what, long code, String with, String remedy) {
        int error = (int) -code;
        return new IllegalStateException(
                "cannot " + what + ": " + with + ", errno=" + error + " (" + Native.errorText(error) + ")"
                        + ResourceLimits.host().met(error).orElse("; " + remedy));
    }
}
