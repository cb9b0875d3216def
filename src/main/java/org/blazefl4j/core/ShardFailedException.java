package org.blazefl4j.core;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if a shard of work of a trainer's {@link Workers} returned no result: its worker threw, died, froze or was
 * killed, or it exceeded the clients' time limit. Message and cause say which.
 */
public class ShardFailedException extends WorkFailedException {

    private static final long serialVersionUID = 1L;

    private final int shard;

    /**
     * Describes the failure of one shard.
     *
     * @param work the name of the work, such as {@code "evaluation"}
     * @param shard the shard, from 0
     * @param reason what happened; null for the text of the cause, without LibTorch's native stack
     * @param cause the worker's exception, with its stack trace, if it threw one
     */
    public ShardFailedException(
            String work, int shard, int worker, @Nullable String reason, @Nullable Throwable cause) {
        super(work + " failed: shard=" + shard, worker, reason, cause);
        this.shard = shard;
    }

    private ShardFailedException(String message, ShardFailedException last, int attempts) {
        super(message, last, attempts);
        this.shard = last.shard;
    }

    @Override
    ShardFailedException with(String message, int attempts) {
        return new ShardFailedException(message, this, attempts);
    }

    /** Returns the shard that failed, from 0. */
    public int shard() {
        return shard;
    }
}
