package org.blazefl4j.process;

import org.bytedeco.pytorch.Tensor;

/**
 * What a worker returns for a client that also left a state, or whose package is not finite.
 *
 * @param uplink the client's package
 * @param state the state's bytes; null if it left none
 * @param finite whether the package is
 */
record StatefulResult(Object uplink, Tensor state, boolean finite) {

    private static final String UPLINK = "uplink";

    /** Where in the package something is that has this path in the record. */
    static String pathInUplink(String path) {
        String rest = path.substring(UPLINK.length());
        return rest.isEmpty() ? "(root)" : rest.startsWith(".") ? rest.substring(1) : rest;
    }
}
