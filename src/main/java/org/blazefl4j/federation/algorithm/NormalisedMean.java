package org.blazefl4j.federation.algorithm;

import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.LocalTraining;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The server of FedNova: the mean of clients' changes, each divided by how much its client worked, times the mean of
 * that. Work is relative to the round's first package, so weights are whole and the mean is that of federated averaging
 * while all clients work equally.
 */
final class NormalisedMean extends MeanAggregator {

    /** Makes such means. */
    record Rule(Weighting weighting) implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            return new NormalisedMean(options, numel, weighting);
        }
    }

    /** The normaliser of the first package. */
    private double first;
    /** The sum of clients' weights; 0 before the first package. */
    private double total;
    /** The sum of clients' weights times their normalisers, relative to the first. */
    private double work;
    /** The sum of clients' weights divided by their normalisers, relative to the first, as the mean rounds them. */
    private double divided;

    private boolean equal = true;

    private NormalisedMean(ServerOptions options, long numel, Weighting weighting) {
        super(options, numel, weighting);
    }

    @Override
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        double normaliser = normaliser(uplink);
        boolean same = total == 0 || normaliser == first;
        double relative = same ? 1 : normaliser / first;
        long weight = weight(uplink);
        float share = (float) (weight / relative);
        sum.check(uplink.cid(), weight, uplink.parameters());
        if (same) {
            sum.stage(uplink.cid(), weight, uplink.parameters());
        } else {
            sum.stage(uplink.cid(), share, uplink.parameters());
        }
        first = total == 0 ? normaliser : first;
        total += weight;
        work += weight * relative;
        divided += same ? weight : share;
        equal &= same;
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
                normaliser >= 0 && normaliser < Double.POSITIVE_INFINITY && (total == 0 || normaliser > 0 == first > 0),
                "normaliser out of range: client=" + uplink.cid() + ", normaliser=" + normaliser
                        + ", limit=above 0 and finite, or 0 for all of a round; lower the local learning rate");
        return normaliser;
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        super.change(sent, out);
        if (!equal) {
            out.mul_(new Scalar(work / total * (divided / total)));
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
        total = 0;
        work = 0;
        divided = 0;
        equal = true;
    }
}
