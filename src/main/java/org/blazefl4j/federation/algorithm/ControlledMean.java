package org.blazefl4j.federation.algorithm;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/** The server of SCAFFOLD: the mean of models, and the control variate, which is the mean of all clients' variates. */
final class ControlledMean extends MeanAggregator {

    /** Makes such means. */
    record Rule(Weighting weighting) implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            return new ControlledMean(options, numel, dataset, new KnownWeights(weighting));
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }

        @Override
        public Optional<PackageSum<ModelUplink>> packageSum(long numel) {
            return Optional.of(MeanAggregator.packageSum(numel, new KnownWeights(weighting), 1));
        }

        @Override
        public void check(Federation federation) {
            Whole.require(federation.objective().vectors() == 1, "SCAFFOLD", federation);
        }
    }

    private final ServerControl control;

    private ControlledMean(
            ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset, Weighting weighting) {
        super(options, numel, weighting);
        this.control = new ServerControl(options, numel, dataset, weighting);
    }

    @Override
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        int cid = uplink.cid();
        int vectors = uplink.vectors().size();
        Arguments.require(
                vectors == 1,
                "package without a control variate: client=" + cid + ", vectors=" + vectors
                        + ", expected=1; keep SCAFFOLD's objective");
        double weight = weight(uplink);
        Tensor change = uplink.vectors().get(0);
        control.check(cid, uplink.dataSize(), change);
        sum.stage(cid, weight, uplink.parameters());
        control.changes().stage(cid, weight, change);
    }

    @Override
    protected void addVectors(int index, Tensor total, BigDecimal weight) {
        control.changes().addTotal(total, weight);
    }

    @Override
    public void fold() {
        super.fold();
        control.changes().fold();
    }

    @Override
    public void complete() {
        control.advance();
    }

    @Override
    public void clear() {
        super.clear();
        control.changes().clear();
    }

    @Override
    public List<Tensor> lend() {
        return List.of(control.lend());
    }

    @Override
    public boolean isFinite() {
        return Tensors.isFinite(control.vector());
    }

    /** Writes the weighting and the control variate. */
    @Override
    public void save(CheckpointWriter out) {
        control.save(out);
    }

    @Override
    public void restore(CheckpointReader in) {
        control.restore(in);
    }

    @Override
    public void close() {
        super.close();
        control.close();
    }
}
