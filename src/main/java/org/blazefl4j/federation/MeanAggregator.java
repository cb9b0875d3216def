package org.blazefl4j.federation;

import java.math.BigDecimal;
import java.util.OptionalInt;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.PackageSum;
import org.bytedeco.pytorch.Tensor;

/**
 * The weighted mean of clients' models, from an exact sum, whose order changes no bit. Models that lie on a CUDA device
 * are summed there. If nothing else is done with the mean it is written there, too; subclasses, changes of models,
 * server optimizers and aggregate transforms have it on the CPU, to which it crosses once a round.
 */
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

    /**
     * Returns how packages are added up where clients are trained: their models, and so many further vectors, all with
     * the same weights.
     */
    public static PackageSum<ModelUplink> packageSum(long numel, Weighting weighting, int vectors) {
        return new MeanSum(numel, weighting, vectors);
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

    /** {@inheritDoc} One of {@link #packageSum}. */
    @Override
    public final void addSum(Object total) {
        MeanSum.Total added = (MeanSum.Total) total;
        MeanSum.requireKind(added, empty ? added.changes() : changes);
        sum.addTotal(added.totals().get(0), added.weight());
        for (int i = 1; i < added.totals().size(); i++) {
            addVectors(i - 1, added.totals().get(i), added.weight());
        }
        changes = added.changes();
        empty = false;
    }

    /**
     * Adds the sum of the packages' further vectors, for subclasses whose packages have some.
     *
     * @param index of the vector in each package
     * @param total stays the caller's
     */
    protected void addVectors(int index, Tensor total, BigDecimal weight) {
        throw new IllegalArgumentException(
                "sum of vectors that a mean lacks: vector=" + index + ", expected=none; add up models alone");
    }

    /** Stages a package with its weight. */
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        sum.stage(uplink.cid(), weight(uplink), uplink.parameters());
    }

    /** Returns a package's weight. */
    protected final double weight(ModelUplink uplink) {
        return weighting.of(uplink.dataSize(), uplink.numbers());
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
    public final OptionalInt device() {
        boolean plain = getClass() == MeanAggregator.class && !changes;
        return plain ? sum.device() : OptionalInt.empty();
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
