package org.blazefl4j.process;

import org.bytedeco.pytorch.Tensor;

/**
 * The result of a client that kept a state, or whose package is not finite.
 *
 * @param uplink the client's package
 * @param state the encoded state, or null if there is none
 * @param finite whether the package is finite
 */
record StatefulResult(Object uplink, Tensor state, boolean finite) {

    private static final String UPLINK = "uplink";

    /** Converts a path in this record to one in the package. */
    static String pathInUplink(String path) {
        String rest = path.substring(UPLINK.length());
        return rest.isEmpty() ? "(root)" : rest.startsWith(".") ? rest.substring(1) : rest;
    }
}
