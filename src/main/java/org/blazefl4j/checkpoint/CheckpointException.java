package org.blazefl4j.checkpoint;

/** Thrown if a run cannot be resumed or its checkpoints cannot be kept; the message has the reason and a remedy. */
public final class CheckpointException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    CheckpointException(String message) {
        super(message);
    }

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
