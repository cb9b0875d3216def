package org.blazefl4j.process;

import java.util.Objects;
import org.blazefl4j.worker.RemoteError;

/**
 * What a worker leaves of a client that failed.
 *
 * @param error what it threw
 * @param keepsSlot whether something of the client may still write to its slot, so that this process ends once its
 *     results were taken
 */
record ClientError(RemoteError error, boolean keepsSlot) {

    /** Checks the parts. */
    ClientError {
        Objects.requireNonNull(error, "error");
    }
}
