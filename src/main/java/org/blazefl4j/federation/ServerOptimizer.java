package org.blazefl4j.federation;

import org.bytedeco.pytorch.Tensor;

/**
 * How a server moves its model by the clients' combined update, which takes the place of a negative gradient. Best a
 * record: what it keeps between rounds is in {@link ServerStep#kept()}, and in the checkpoint.
 *
 * <pre>{@code
 * record Momentum(double rate, double momentum) implements ServerOptimizer {
 *     public int vectors() {
 *         return 1;
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
public interface ServerOptimizer {

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

    /** Returns how many vectors are kept between rounds; 0 by default. */
    default int vectors() {
        return 0;
    }

    /** Returns the elements of a kept vector before the first round; 0 by default. */
    default double initial(int index) {
        return 0;
    }

    /**
     * Returns whether the clients' combined model, with transformed updates, is evaluated instead of the one that the
     * next clients receive; not by default.
     */
    default boolean evaluatesMean() {
        return false;
    }

    /**
     * Checks that the other parts go with it, when server or clients are made; does nothing by default.
     *
     * @throws IllegalArgumentException if not
     */
    default void check(Federation federation) {}

    /** {@link #REPLACE}; the server does not call it. */
    record Replace() implements ServerOptimizer {

        @Override
        public void step(Tensor change, ServerStep step) {}
    }
}
