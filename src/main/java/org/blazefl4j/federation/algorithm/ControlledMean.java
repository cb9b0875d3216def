package org.blazefl4j.federation.algorithm;

import java.util.List;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.support.Partitions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/** The server of SCAFFOLD: the mean of models, and the control variate, which is the mean of all clients' variates. */
final class ControlledMean extends MeanAggregator {

    private static final String WEIGHTING = "weighting";

    /** Makes such means. */
    record Rule(Weighting weighting) implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            Partitions.requireOfClients(dataset, PartitionType.TRAIN, options.numClients());
            return new ControlledMean(options, numel, dataset, weighting);
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }

        @Override
        public void check(Federation federation) {
            Whole.require(federation.objective().vectors() == 1, "SCAFFOLD", federation);
        }
    }

    private final PartitionedDataset<PartitionType> dataset;
    private final Weighting weighting;
    private final ServerControl control;

    private ControlledMean(
            ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset, Weighting weighting) {
        super(options, numel, weighting);
        this.dataset = dataset;
        this.weighting = weighting;
        long all = weighting == Weighting.UNIFORM
                ? options.numClients()
                : Partitions.totalSize(dataset, PartitionType.TRAIN, options.numClients());
        this.control = new ServerControl(options, numel, all);
    }

    @Override
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        checkVectors(uplink);
        checkSize(uplink);
        long weight = weight(uplink);
        Tensor change = uplink.vectors().get(0);
        sum.check(uplink.cid(), weight, uplink.parameters());
        control.changes().check(uplink.cid(), weight, change);
        sum.stage(uplink.cid(), weight, uplink.parameters());
        control.changes().stage(uplink.cid(), weight, change);
    }

    private static void checkVectors(ModelUplink uplink) {
        int vectors = uplink.vectors().size();
        Arguments.require(
                vectors == 1,
                "package without a control variate: client=" + uplink.cid() + ", vectors=" + vectors
                        + ", expected=1; keep SCAFFOLD's objective");
    }

    /** The sum over all rounds needs a client's weight to stay the same. */
    private void checkSize(ModelUplink uplink) {
        long size = dataset.size(PartitionType.TRAIN, uplink.cid());
        if (uplink.dataSize() != size) {
            throw new IllegalArgumentException("data size of another client: client=" + uplink.cid() + ", data_size="
                    + uplink.dataSize() + ", expected=" + size + "; give server and clients the same data");
        }
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
        out.put(WEIGHTING, weighting.toString());
        control.save(out);
    }

    @Override
    public void restore(CheckpointReader in) {
        String saved = in.get(WEIGHTING, String.class);
        Arguments.require(
                saved.equals(weighting.toString()),
                "control variate of another weighting: weighting=" + weighting + ", expected=" + saved
                        + "; resume with the weighting that was saved");
        control.restore(in);
    }

    @Override
    public void close() {
        super.close();
        control.close();
    }
}
