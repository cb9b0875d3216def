package org.blazefl4j.contrib.common;

import java.util.Map;
import org.blazefl4j.core.SelectedModel;
import org.blazefl4j.data.Dataset;

/**
 * What a worker is told about one client.
 *
 * @param model which model is trained
 * @param dataset the samples that the client trains on
 * @param options how it trains
 * @param heldOut the client's other samples, to evaluate on; may be empty
 */
public record ClientConfig(
        SelectedModel<?> model, Dataset dataset, LocalOptions options, Map<PartitionType, Dataset> heldOut) {

    /** Describes a client that only trains. */
    public ClientConfig(SelectedModel<?> model, Dataset dataset, LocalOptions options) {
        this(model, dataset, options, Map.of());
    }

    /**
     * Returns the client's samples of a type.
     *
     * @throws IllegalArgumentException if it has none
     */
    public Dataset samples(PartitionType type) {
        Dataset samples = type == PartitionType.TRAIN ? dataset : heldOut.get(type);
        if (samples == null) {
            throw new IllegalArgumentException(
                    "client has no samples of this type: type=" + type + ", expected=TRAIN or "
                            + heldOut.keySet().stream().sorted().toList()
                            + "; give it some in the partitioned data set, or evaluate other clients");
        }
        return samples;
    }

    /** Returns whether another configuration has the same data sets, not just equal ones, and equal settings. */
    boolean isSame(ClientConfig other) {
        boolean same = dataset == other.dataset && options.equals(other.options) && model.equals(other.model);
        for (PartitionType type : PartitionType.values()) {
            same &= heldOut.get(type) == other.heldOut.get(type);
        }
        return same;
    }
}
