package org.blazefl4j.federation;

import org.bytedeco.pytorch.Tensor;

/**
 * Changes a client's update before it is sent, such as by a limit of its norm, noise or compression. Crosses into
 * worker processes, so it is best a record.
 */
@FunctionalInterface
public interface UpdateTransform {

    /** Changes nothing, and takes no time: clients then send their models. */
    UpdateTransform NONE = new None();

    /**
     * Changes an update in place.
     *
     * @param change the client's model minus the received one, float32, shape [numel], on the CPU, zero at buffers and
     *     frozen parameters, which are sent as they are; what is written there is ignored
     * @param run the client's round: its streams, what it keeps and sends
     */
    void apply(Tensor change, LocalRun run);

    /** {@link #NONE}; no client calls it. */
    record None() implements UpdateTransform {

        @Override
        public void apply(Tensor change, LocalRun run) {}
    }
}
