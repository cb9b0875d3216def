package org.blazefl4j.core;

/**
 * A shard of work that a trainer's {@link Workers} were given did not return a result: its worker threw, died, froze or
 * was killed, or it ran over the clients' time limit. Message and cause say which.
 */
public class ShardFailedException extends WorkFailedException {

    private static final long serialVersionUID = 1L;

    private final int shard;

    /**
     * Describes the failure of one shard.
     *
     * @param work what the work is called, such as {@code "evaluation"}
     * @param shard which shard, from 0
     * @param worker the worker's index
     * @param reason what happened
     * @param cause the worker's own exception, with its stack trace; null if there is none
     */
    public ShardFailedException(String work, int shard, int worker, String reason, Throwable cause) {
        super(work + " failed: shard=" + shard, worker, reason, cause);
        this.shard = shard;
    }

    /**
     * Describes the failure of one shard by what it threw. LibTorch's native stack is left to the cause.
     *
     * @param work what the work is called, such as {@code "evaluation"}
     * @param shard which shard, from 0
     * @param worker the worker's index
     * @param cause the worker's own exception, with its stack trace
     */
    public ShardFailedException(String work, int shard, int worker, Throwable cause) {
        this(work, shard, worker, reason(cause), cause);
    }

    private ShardFailedException(String message, ShardFailedException last, int attempts) {
        super(message, last, attempts);
        this.shard = last.shard;
    }

    @Override
    ShardFailedException again(String message, int attempts) {
        return new ShardFailedException(message, this, attempts);
    }

    /** The shard that failed, from 0. */
    public int shard() {
        return shard;
    }
}
