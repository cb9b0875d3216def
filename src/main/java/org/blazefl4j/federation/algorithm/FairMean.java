package org.blazefl4j.federation.algorithm;

import java.math.BigDecimal;
import java.math.MathContext;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The server of q-FedAvg: the sum of clients' changes times their weights, divided by the sum of their bounds. Weights
 * are relative to a power of two near the first, so that the range of a sum's weights suffices. It does not matter
 * which client is the first: a weight times a power of two has the same digits when it is rounded, sums are exact, and
 * what is divided has the power in both numbers, or exactly once.
 */
final class FairMean extends MeanAggregator {

    /** Makes such means. */
    record Rule() implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            return new FairMean(options, numel);
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }

        @Override
        public void check(Federation federation) {
            Whole.require(federation.objective() instanceof Fair, "q-FedAvg", federation);
        }
    }

    private static final int MOST_EXPONENT = 60;

    /** The exponent of the first weight, and the least and the most of all. */
    private int exponent;

    private int least = Integer.MAX_VALUE;
    private int most = Integer.MIN_VALUE;
    /** Relative to the first weight's power of two. */
    private BigDecimal weights = BigDecimal.ZERO;

    private BigDecimal bounds = BigDecimal.ZERO;

    private FairMean(ServerOptions options, long numel) {
        super(options, numel, Weighting.UNIFORM);
    }

    @Override
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        double weight = number(uplink, Fair.WEIGHT);
        double bound = number(uplink, Fair.BOUND);
        int own = Math.getExponent(weight);
        int scale = weights.signum() == 0 ? own : exponent;
        float relative = (float) Math.scalb(weight, -scale);
        Arguments.require(
                Math.max(own, most) - Math.min(own, least) <= MOST_EXPONENT,
                "losses too far apart: client=" + uplink.cid() + ", weight=" + weight + ", limit=2^-" + MOST_EXPONENT
                        + " to 2^" + MOST_EXPONENT + " times that of another client; lower q");
        sum.stage(uplink.cid(), relative, uplink.parameters());
        exponent = scale;
        least = Math.min(own, least);
        most = Math.max(own, most);
        weights = weights.add(new BigDecimal(relative));
        bounds = bounds.add(new BigDecimal(bound));
    }

    private static double number(ModelUplink uplink, String name) {
        double value = uplink.numbers().getOrDefault(name, Double.NaN);
        Arguments.require(
                value >= Double.MIN_NORMAL && value < Double.POSITIVE_INFINITY,
                "number out of range: client=" + uplink.cid() + ", " + name + "=" + value
                        + ", limit=above 0 and finite; lower q or the local learning rate");
        return value;
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        super.change(sent, out);
        BigDecimal all = weights.multiply(new BigDecimal(Math.scalb(1.0, exponent)));
        out.mul_(new Scalar(all.divide(bounds, MathContext.DECIMAL64).doubleValue()));
    }

    @Override
    public boolean isMean() {
        return false;
    }

    @Override
    public void clear() {
        super.clear();
        weights = BigDecimal.ZERO;
        bounds = BigDecimal.ZERO;
        least = Integer.MAX_VALUE;
        most = Integer.MIN_VALUE;
    }
}
