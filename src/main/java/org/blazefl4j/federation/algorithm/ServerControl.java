package org.blazefl4j.federation.algorithm;

import java.math.BigDecimal;
import java.util.Map;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.contrib.support.SentVector;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The server's control variate {@code c = sum of w_i * c_i / w} over all clients; those that never took part count as
 * zero. The sum is exact, so many rounds lose nothing of it; clients receive it divided, in float32.
 */
final class ServerControl implements Checkpointable, AutoCloseable {

    private static final String WHAT = "control variate";
    private static final String ENTRY = "control";
    private static final String WEIGHTING = "weighting";

    private final PartitionedDataset<PartitionType> dataset;
    private final Weighting weighting;
    private final double totalWeight;
    private final WeightedSum total;
    private final WeightedSum changes;
    private final SentVector vector;

    /** Starts at zero. */
    ServerControl(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset, Weighting weighting) {
        int clients = options.numClients();
        Partitions.requireOfClients(dataset, PartitionType.TRAIN, clients);
        this.dataset = dataset;
        this.weighting = weighting;
        this.totalWeight = KnownWeights.total(weighting, dataset, clients);
        this.total = new WeightedSum(WHAT, options, numel);
        this.changes = new WeightedSum(WHAT, options, numel);
        this.vector = new SentVector(torch.zeros(numel));
    }

    /** Returns the vector: float32, shape [numel]; owned by this object. */
    Tensor vector() {
        return vector.current();
    }

    /** Returns a reference to the vector for a downlink package. */
    Tensor lend() {
        return vector.lend();
    }

    /** Returns the sum of the round's changes, which starts empty in each round. */
    WeightedSum changes() {
        return changes;
    }

    /** Checks a client's change, and its weight: the sum over all rounds needs that to stay the same. */
    void check(int cid, long dataSize, Tensor change) {
        long size = dataset.size(PartitionType.TRAIN, cid);
        Arguments.require(
                dataSize == size,
                "data size of another client: client=" + cid + ", data_size=" + dataSize + ", expected=" + size
                        + "; give server and clients the same data");
        changes.check(cid, weighting.of(dataSize, Map.of()), change);
    }

    /** Adds the changes of the round to the control variate. */
    void advance() {
        total.addAll(changes);
        total.divide(vector.next(), totalWeight);
        vector.advance();
    }

    /** Writes the weighting, and the exact sum before division as the entry {@code control}. */
    @Override
    public void save(CheckpointWriter out) {
        out.put(WEIGHTING, weighting.toString());
        try (Tensor exact = total.total()) {
            out.put(ENTRY, exact);
        }
    }

    @Override
    public void restore(CheckpointReader in) {
        String was = in.get(WEIGHTING, String.class);
        Arguments.require(
                was.equals(weighting.toString()),
                "control variate of another weighting: weighting=" + weighting + ", expected=" + was
                        + "; resume with the weighting that was saved");
        try (Tensor saved = in.get(ENTRY, Tensor.class)) {
            total.restore(saved, BigDecimal.ZERO); // without a weight: it is divided by totalWeight
        }
        total.divide(vector.current(), totalWeight);
    }

    @Override
    public void close() {
        vector.close();
        total.close();
        changes.close();
    }
}
