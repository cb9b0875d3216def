package org.blazefl4j.checkpoint;

/** A run that cannot be resumed or whose checkpoints cannot be kept, with the reason and how to mend it. */
public final class CheckpointException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CheckpointException(String message) {
        super(message);
    }

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
