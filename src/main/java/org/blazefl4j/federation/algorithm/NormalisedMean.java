package org.blazefl4j.federation.algorithm;

import java.math.BigDecimal;
import java.math.MathContext;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.LocalTraining;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The server of FedNova: the mean of clients' changes, each divided by how much its client worked, times the mean of
 * that. While all clients work equally, the mean is that of federated averaging. At the first package that differs, the
 * sum is multiplied by what each of its packages would have been multiplied by. That and all sums are exact, so the
 * order of packages changes no bit.
 */
final class NormalisedMean extends MeanAggregator {

    /** Makes such means. */
    record Rule(Weighting weighting) implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            return new NormalisedMean(options, numel, weighting);
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }

        @Override
        public boolean acceptsDeviceTensors() {
            return true;
        }
    }

    /** Of a weight and of a normaliser; their quotient is then a weight that each sum takes. */
    private static final double MOST = 0x1p30;
    /**
     * Clears the 24 lowest bits of a double: what is left, 29 bits, and what is cleared, are doubles times any float.
     */
    private static final long UPPER_BITS = -1L << 24;

    /** The normaliser of the first package. */
    private double first;
    /** The sum of clients' weights; 0 before the first package. */
    private BigDecimal total = BigDecimal.ZERO;
    /** The sum of clients' weights times their normalisers. */
    private BigDecimal work = BigDecimal.ZERO;
    /** The sum of clients' weights divided by their normalisers, once they differ. */
    private BigDecimal divided = BigDecimal.ZERO;

    private boolean equal = true;

    private NormalisedMean(ServerOptions options, long numel, Weighting weighting) {
        super(options, numel, weighting);
    }

    @Override
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        double normaliser = normaliser(uplink);
        double weight = Double.longBitsToDouble(Double.doubleToRawLongBits(weight(uplink)) & UPPER_BITS);
        checkWeight(uplink.cid(), weight);
        sum.check(uplink.cid(), weight, uplink.parameters());
        if (total.signum() > 0 && normaliser != first) {
            checkWork(uplink.cid(), normaliser);
            differ(sum);
        }
        if (equal) {
            sum.stage(uplink.cid(), weight, uplink.parameters());
            first = normaliser;
        } else {
            double share = weight * (double) inverse(normaliser);
            sum.stage(uplink.cid(), share, uplink.parameters());
            divided = divided.add(new BigDecimal(share));
        }
        total = total.add(new BigDecimal(weight));
        work = work.add(new BigDecimal(normaliser).multiply(new BigDecimal(weight)));
    }

    private static float inverse(double normaliser) {
        return (float) (1 / normaliser);
    }

    /** Divides what was summed, by the normaliser that its packages have in common. */
    private void differ(WeightedSum sum) {
        if (equal) {
            multiply(sum, inverse(first));
            divided = sum.weight();
            equal = false;
        }
    }

    /** Multiplies a sum and its weight, exactly. */
    private static void multiply(WeightedSum sum, float factor) {
        try (PointerScope scope = new PointerScope();
                Tensor parts = sum.total()) {
            Tensor upper = parts.view(ScalarType.Long)
                    .bitwise_and(new Scalar(UPPER_BITS))
                    .view(ScalarType.Double);
            Tensor lower = parts.sub(upper).nan_to_num_(); // infinities are in the upper part
            Tensor products = torch.cat(new TensorVector(upper, lower)).mul_(new Scalar((double) factor));
            sum.restore(products, sum.weight().multiply(new BigDecimal(factor)));
        }
    }

    private static void checkWeight(int cid, double weight) {
        Arguments.require(
                weight <= 0 || weight >= 1 / MOST && weight <= MOST,
                () -> "weight out of range: client=" + cid + ", weight=" + weight
                        + ", limit=2^-30 to 2^30; divide all weights by a number");
    }

    private void checkWork(int cid, double normaliser) {
        Arguments.require(
                Math.min(first, normaliser) >= 1 / MOST && Math.max(first, normaliser) <= MOST,
                "normalisers out of range: client=" + cid + ", normaliser=" + normaliser + ", others=" + first
                        + ", limit=2^-30 to 2^30 where they differ; make clients work more alike");
    }

    /** Clients at a learning rate of 0 do not move, which is no matter if it is so for all of them. */
    private double normaliser(ModelUplink uplink) {
        Arguments.require(
                uplink.numbers().containsKey(LocalTraining.NORMALISER),
                "package without a normaliser: client=" + uplink.cid() + ", numbers="
                        + uplink.numbers().keySet() + ", expected=" + LocalTraining.NORMALISER
                        + "; write the result by LocalRun.training()");
        double normaliser = uplink.numbers().getOrDefault(LocalTraining.NORMALISER, Double.NaN);
        Arguments.require(
                normaliser >= 0
                        && normaliser < Double.POSITIVE_INFINITY
                        && (total.signum() == 0 || normaliser > 0 == first > 0),
                "normaliser out of range: client=" + uplink.cid() + ", normaliser=" + normaliser
                        + ", limit=above 0 and finite, or 0 for all of a round; lower the local learning rate");
        return normaliser;
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        super.change(sent, out);
        if (!equal) {
            BigDecimal mean = work.multiply(divided).divide(total.multiply(total), MathContext.DECIMAL64);
            out.mul_(new Scalar(mean.doubleValue()));
        }
    }

    @Override
    public boolean isMean() {
        return equal;
    }

    @Override
    public void clear() {
        super.clear();
        first = 0;
        total = BigDecimal.ZERO;
        work = BigDecimal.ZERO;
        divided = BigDecimal.ZERO;
        equal = true;
    }
}
