package org.blazefl4j.shm;

import org.blazefl4j.binding.Native;

/** Error numbers of the operating system, and exceptions for failed calls. */
public final class Errno {

    public static final int ENOENT = 2;
    public static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EMFILE = 24;
    static final int ENOSPC = 28;
    public static final int EPROTO = 71;
    public static final int ESHUTDOWN = 108;
    public static final int ESTALE = 116;

    private Errno() {}

    /**
     * Returns an exception for a failed call.
     *
     * @param what the action, such as {@code map a segment}
     * @param code the negative errno
     * @param with the arguments, as {@code name=value}
     * @param remedy the advice if the cause is not a resource limit of this process
     */
    static IllegalStateException failed(String what, long code, String with, String remedy) {
        int error = (int) -code;
        return new IllegalStateException(
                "cannot " + what + ": " + with + ", errno=" + error + " (" + Native.errorText(error) + ")"
                        + ResourceLimits.host().met(error).orElse("; " + remedy));
    }
}
