package org.blazefl4j.federation;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * How a server moves its model by the clients' combined update, which takes the place of a negative gradient. Best a
 * record: what it keeps between rounds is in {@link ServerStep#kept()}, and in the checkpoint.
 *
 * <pre>{@code
 * record Momentum(double rate, double momentum) implements ServerOptimizer {
 *     public List<Double> initial() {
 *         return List.of(0.0);
 *     }
 *
 *     public void step(Tensor change, ServerStep step) {
 *         Tensor velocity = step.kept().get(0);
 *         velocity.mul_(new Scalar(momentum)).add_(change);
 *         change.copy_(velocity.mul(new Scalar(rate)));
 *     }
 * }
 * }</pre>
 */
public interface ServerOptimizer extends FederationPart {

    /** Takes the clients' combined model as it is: federated averaging. */
    ServerOptimizer REPLACE = new Replace();

    /**
     * Turns the clients' combined update into the move of the server's model, in place. Buffers take the combined model
     * whatever is written.
     *
     * @param change the combined model minus the one that clients received, float32, shape [numel], zero at buffers and
     *     frozen parameters
     */
    void step(Tensor change, ServerStep step);

    /** Returns what each kept vector is filled with before the first round; none is kept by default. */
    default List<Double> initial() {
        return List.of();
    }

    /**
     * Returns whether the clients' combined model, with transformed updates, is evaluated instead of the one that the
     * next clients receive; not by default.
     */
    default boolean evaluatesMean() {
        return false;
    }

    /** {@link #REPLACE}; the server does not call it. */
    record Replace() implements ServerOptimizer {

        @Override
        public void step(Tensor change, ServerStep step) {}
    }
}
