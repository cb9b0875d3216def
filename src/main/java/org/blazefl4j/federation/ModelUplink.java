package org.blazefl4j.federation;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What parts read of a client's package: its model after training, or the change of it, and what else it sends. */
public interface ModelUplink {

    /** Returns the client. */
    int cid();

    /** Returns the client's model, or its change if {@link #isChange()}: float32, shape [numel]. */
    Tensor parameters();

    /** Returns whether {@link #parameters()} is the model minus the one that the client received; false by default. */
    default boolean isChange() {
        return false;
    }

    /** Returns the number of samples that the client trained on, above 0. */
    long dataSize();

    /** Returns further vectors, float32, shape [numel]; none by default. */
    default List<Tensor> vectors() {
        return List.of();
    }

    /** Returns further numbers by name, such as {@code loss}; none by default. */
    default Map<String, Double> numbers() {
        return Map.of();
    }
}
