package org.blazefl4j.trainer;

import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.worker.FailureRules;

/**
 * What becomes of a client that failed: that threw, whose worker died or froze, or that ran over its time limit.
 *
 * <pre>{@code
 * TrainerOptions options = TrainerOptions.builder()
 *         .onClientFailure(FailurePolicy.retry(3).thenDrop())
 *         .build();
 * }</pre>
 *
 * <p>A retry trains the client again from the same state with the same random streams, so a round with retries ends in
 * the same bits as one without; in process mode it begins when the sink has returned, as all dealing does. A dropped
 * client sends nothing: the handler is told with {@code ServerHandler.drop}, and the result is that of a round without
 * it.
 *
 * <p>A client whose result was complete, but went with a worker process that died later, is trained again under any
 * policy with retries, and that does not count as one of them.
 *
 * <p>A client that drew from LibTorch's default generator where that is a failure, or wrote to the payload where that
 * is checked, ends the round under any policy: what else was or would be trained may not be what it seems.
 *
 * @param retries how often a client that failed is trained again in one round, from 0 to 255
 * @param drops whether the round goes on without a client that has no retries left; otherwise it fails
 */
public record FailurePolicy(int retries, boolean drops) {

    private static final int MOST_RETRIES = FailureRules.MOST_RETRIES;

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if {@code retries} is not in [0, 255]
     */
    public FailurePolicy {
        if (retries < 0 || retries > MOST_RETRIES) {
            throw new IllegalArgumentException("retries out of range: retries=" + retries + ", limit=[0, "
                    + MOST_RETRIES + "]; choose a value within the limit");
        }
    }

    /** The first failure ends the round. */
    public static FailurePolicy failFast() {
        return new FailurePolicy(0, false);
    }

    /**
     * A client that failed is trained again; when its last retry fails too, the round ends.
     *
     * @param retries how often, from 0 to 255
     * @throws IllegalArgumentException if it is out of range
     */
    public static FailurePolicy retry(int retries) {
        return new FailurePolicy(retries, false);
    }

    /** The round goes on without a client that failed. */
    public static FailurePolicy drop() {
        return new FailurePolicy(0, true);
    }

    /** The same retries; the round goes on without a client whose last one failed. */
    public FailurePolicy thenDrop() {
        return new FailurePolicy(retries, true);
    }

    /** What becomes of a shard of work between rounds: none can be left out, so it is worked again instead. */
    FailurePolicy ofShards() {
        return drops ? retry(Math.max(1, retries)) : this;
    }

    /** The same, as rounds need it. */
    FailureRules rules(NonFinitePolicy onNonFinite) {
        return new FailureRules(retries, drops, onNonFinite);
    }

    /** As it is written in code. */
    @Override
    public String toString() {
        if (retries == 0) {
            return drops ? "drop()" : "failFast()";
        }
        return "retry(" + retries + ")" + (drops ? ".thenDrop()" : "");
    }
}
