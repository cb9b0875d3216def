package org.blazefl4j.shm;

import org.blazefl4j.binding.Native;

/** Failures of the operating system, as exceptions. */
final class Errno {

    private Errno() {}

    /**
     * Describes a failed call.
     *
     * @param what what was tried
     * @param code the negative errno that it gave
     * @param with what it was tried with, as {@code name=value}
     */
    static IllegalStateException failed(String what, long code, String with) {
        int error = (int) -code;
        return new IllegalStateException(
                "cannot " + what + ": " + with + ", errno=" + error + " (" + Native.errorText(error) + ")");
    }
}
