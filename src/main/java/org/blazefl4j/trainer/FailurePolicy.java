package org.blazefl4j.trainer;

import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.worker.FailureRules;

/**
 * What happens to a client that failed: that threw, whose worker died or froze, or that exceeded its time limit.
 *
 * <pre>{@code
 * TrainerOptions options = TrainerOptions.builder()
 *         .onClientFailure(FailurePolicy.retry(3).thenDrop())
 *         .build();
 * }</pre>
 *
 * <p>A retry trains the client again from the same state with the same random streams, so the round ends with the same
 * bits as without the failure. In process mode it begins once the sink has returned, like all dealing. A dropped client
 * sends nothing: the handler is told by {@code ServerHandler.drop}, and the result is that of a round without it.
 *
 * <p>A client whose result was complete but lost with its worker process is trained again under any policy with
 * retries, and this does not count as one. A client that drew from LibTorch's default generator, or wrote to the
 * payload, where this is checked, ends the round under any policy, because other results may be wrong as well.
 *
 * @param retries the most retries of a client in one round, from 0 to 255
 * @param drops whether the round continues without a client that has no retries left; otherwise it fails
 */
public record FailurePolicy(int retries, boolean drops) {

    /** Checks that the retries are in [0, 255]. */
    public FailurePolicy {
        Arguments.require(
                retries >= 0 && retries <= FailureRules.MOST_RETRIES,
                "retries out of range: retries=" + retries + ", limit=[0, " + FailureRules.MOST_RETRIES
                        + "]; choose a value within the limit");
    }

    /** Returns the policy that ends the round at the first failure. */
    public static FailurePolicy failFast() {
        return new FailurePolicy(0, false);
    }

    /** Returns the policy that trains a failed client again, up to 255 times, and then ends the round. */
    public static FailurePolicy retry(int retries) {
        return new FailurePolicy(retries, false);
    }

    /** Returns the policy that continues the round without a failed client. */
    public static FailurePolicy drop() {
        return new FailurePolicy(0, true);
    }

    /** Returns the policy with the same retries that then continues the round without the client. */
    public FailurePolicy thenDrop() {
        return new FailurePolicy(retries, true);
    }

    /** Returns the policy for work between rounds, which retries because nothing of it can be dropped. */
    FailurePolicy betweenRounds() {
        return drops ? retry(Math.max(1, retries)) : this;
    }

    FailureRules rules(NonFinitePolicy onNonFinite) {
        return new FailureRules(retries, drops, onNonFinite);
    }

    /** Returns the policy as it is written in code. */
    @Override
    public String toString() {
        if (retries == 0) {
            return drops ? "drop()" : "failFast()";
        }
        return "retry(" + retries + ")" + (drops ? ".thenDrop()" : "");
    }
}
