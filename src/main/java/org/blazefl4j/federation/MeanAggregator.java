package org.blazefl4j.federation;

import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.common.Weighting;
import org.bytedeco.pytorch.Tensor;

/** The weighted mean of clients' models, from an exact sum, whose order changes no bit. */
public class MeanAggregator implements Aggregation.Aggregator {

    private final WeightedSum sum;
    private final Weighting weighting;
    private boolean empty = true;
    private boolean changes;

    /** Makes an empty mean of vectors of some length. */
    public MeanAggregator(ServerOptions options, long numel, Weighting weighting) {
        this.sum = new WeightedSum("parameters", options, numel);
        this.weighting = weighting;
    }

    @Override
    public void add(ModelUplink uplink) {
        if (!empty && uplink.isChange() != changes) {
            throw new IllegalArgumentException("package of another kind: client=" + uplink.cid() + ", is_change="
                    + uplink.isChange() + ", expected=" + changes + ", as others in the round");
        }
        stage(sum, uplink);
        changes = uplink.isChange();
        empty = false;
    }

    /** Stages a package with its weight. */
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        sum.stage(uplink.cid(), weight(uplink), uplink.parameters());
    }

    /** Returns a package's weight. */
    protected final long weight(ModelUplink uplink) {
        return weighting.of(uplink.dataSize());
    }

    /** Returns whether nothing was added since the last {@link #clear()}. */
    public final boolean isEmpty() {
        return empty;
    }

    @Override
    public void fold() {
        sum.fold();
    }

    @Override
    public void model(Tensor sent, Tensor out) {
        sum.mean(out);
        if (changes) {
            out.add_(sent);
        }
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        if (changes) {
            sum.mean(out);
        } else {
            sum.meanMinus(sent, out);
        }
    }

    @Override
    public void clear() {
        sum.clear();
        empty = true;
    }

    @Override
    public void close() {
        sum.close();
    }
}
