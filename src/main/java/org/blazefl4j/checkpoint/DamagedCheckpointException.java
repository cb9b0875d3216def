package org.blazefl4j.checkpoint;

/** A file that is not the whole of what was once written. The one before it may be. */
final class DamagedCheckpointException extends Exception {

    private static final long serialVersionUID = 1L;

    DamagedCheckpointException(String message) {
        super(message);
    }
}
