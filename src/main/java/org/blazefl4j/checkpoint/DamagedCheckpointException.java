package org.blazefl4j.checkpoint;

/** Thrown for a truncated or damaged file; an earlier file may be intact. */
final class DamagedCheckpointException extends Exception {

    private static final long serialVersionUID = 1L;

    DamagedCheckpointException(String message) {
        super(message);
    }
}
