package org.blazefl4j.federation;

import org.bytedeco.pytorch.Tensor;

/** Changes the combined update of a round before the server optimizer uses it, such as by noise. Best a record. */
@FunctionalInterface
public interface AggregateTransform {

    /** Changes nothing, and takes no time. */
    AggregateTransform NONE = new None();

    /**
     * Changes an update in place.
     *
     * @param change the combined model minus the one that clients received, float32, shape [numel], zero at buffers and
     *     frozen parameters; what is written there is ignored
     */
    void apply(Tensor change, ServerStep step);

    /** {@link #NONE}; the server does not call it. */
    record None() implements AggregateTransform {

        @Override
        public void apply(Tensor change, ServerStep step) {}
    }
}
