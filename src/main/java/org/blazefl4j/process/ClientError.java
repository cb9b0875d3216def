package org.blazefl4j.process;

import java.util.Objects;
import org.blazefl4j.worker.RemoteError;

/**
 * The result of a client that failed.
 *
 * @param error the exception
 * @param keepsSlot whether the client may still write to its slot, so that the worker must end once its results were
 *     taken
 */
record ClientError(RemoteError error, boolean keepsSlot) {

    /** Checks the components. */
    ClientError {
        Objects.requireNonNull(error, "error");
    }
}
