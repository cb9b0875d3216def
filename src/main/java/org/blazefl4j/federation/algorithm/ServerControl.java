package org.blazefl4j.federation.algorithm;

import java.math.BigDecimal;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.support.SentVector;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The server's control variate {@code c = sum of w_i * c_i / w} over all clients; those that never took part count as
 * zero. The sum is exact, so many rounds lose nothing of it; clients receive it divided, in float32.
 */
final class ServerControl implements Checkpointable, AutoCloseable {

    private static final String WHAT = "control variate";
    private static final String ENTRY = "control";

    private final long totalWeight;
    private final WeightedSum total;
    private final WeightedSum changes;
    private final SentVector vector;

    /** Starts at zero; {@code totalWeight} is the weight {@code w} of all clients. */
    ServerControl(ServerOptions options, long numel, long totalWeight) {
        this.totalWeight = totalWeight;
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

    /** Adds the changes of the round to the control variate. */
    void advance() {
        total.addAll(changes);
        total.divide(vector.next(), totalWeight);
        vector.advance();
    }

    /** Writes the exact sum before division as the entry {@code control}. */
    @Override
    public void save(CheckpointWriter out) {
        try (Tensor exact = total.total()) {
            out.put(ENTRY, exact);
        }
    }

    @Override
    public void restore(CheckpointReader in) {
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
