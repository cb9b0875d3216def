package org.blazefl4j.federation.algorithm;

import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.WeightedSum;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.federation.Weighting;
import org.bytedeco.pytorch.Tensor;

/** The mean of one cluster of IFCA: the model that clients received, if none of them chose it. Counts clients. */
class ClusterMean extends MeanAggregator {

    private final String name;
    private int clients;
    private int before;

    /** Makes the mean of a cluster, from 0. */
    ClusterMean(int cluster, ServerOptions options, long numel, Weighting weighting) {
        super(options, numel, weighting);
        this.name = "cluster " + cluster;
    }

    /** Returns the name of the cluster's stream, and of its entry. */
    final String name() {
        return name;
    }

    /** Returns the number of clients that chose this cluster in the last complete round. */
    final int count() {
        return before;
    }

    @Override
    protected void stage(WeightedSum sum, ModelUplink uplink) {
        super.stage(sum, uplink);
        clients++;
    }

    @Override
    public void model(Tensor sent, Tensor out) {
        if (isEmpty()) {
            out.copy_(sent);
        } else {
            super.model(sent, out);
        }
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        if (isEmpty()) {
            out.zero_();
        } else {
            super.change(sent, out);
        }
    }

    @Override
    public void complete() {
        before = clients;
    }

    @Override
    public void clear() {
        super.clear();
        clients = 0;
    }

    /** Writes how many clients have chosen this cluster. */
    @Override
    public void save(CheckpointWriter out) {
        out.put(name + " clients", before);
    }

    @Override
    public void restore(CheckpointReader in) {
        before = in.get(name + " clients", Integer.class);
    }
}
