package org.blazefl4j.federation.algorithm;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/**
 * The server of IFCA: a model for each cluster, the exact mean of the models of the clients that chose it. A model that
 * no client chose stays. The first one is the server's own; the others are lent to clients besides.
 */
final class ClusterMeans implements Aggregation.Aggregator {

    /** Makes such means of two clusters or more. */
    record Rule(int clusters, Weighting weighting) implements Aggregation {

        @Override
        public Aggregator open(ServerOptions options, long numel, PartitionedDataset<PartitionType> dataset) {
            Arguments.require(
                    clusters <= options.numClients(),
                    "too many clusters: clusters=" + clusters + ", limit=" + options.numClients()
                            + ", the number of clients");
            return new ClusterMeans(IntStream.range(0, clusters)
                    .mapToObj(cluster -> cluster == 0
                            ? new ClusterMean(cluster, options, numel, weighting)
                            : new OtherCluster(cluster, options, numel, weighting))
                    .toList());
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }
    }

    private static final String CLUSTERS = "clusters";

    private final List<? extends ClusterMean> clusters;

    private ClusterMeans(List<? extends ClusterMean> clusters) {
        this.clusters = clusters;
    }

    @Override
    public void begin(GlobalModel global) {
        clusters.forEach(cluster -> cluster.begin(global));
    }

    @Override
    public void add(ModelUplink uplink) {
        double chosen = uplink.numbers().getOrDefault(Clustered.CLUSTER, Double.NaN);
        Arguments.require(
                chosen == (int) chosen && chosen >= 0 && chosen < clusters.size(),
                "no such cluster: client=" + uplink.cid() + ", cluster=" + chosen + ", limit=0 to "
                        + (clusters.size() - 1) + "; send the index of the model that was trained");
        clusters.get((int) chosen).add(uplink);
    }

    @Override
    public void fold() {
        clusters.forEach(ClusterMean::fold);
    }

    @Override
    public void model(Tensor sent, Tensor out) {
        clusters.get(0).model(sent, out);
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        clusters.get(0).change(sent, out);
    }

    @Override
    public void complete() {
        clusters.forEach(ClusterMean::complete);
    }

    @Override
    public void clear() {
        clusters.forEach(ClusterMean::clear);
    }

    @Override
    public List<Tensor> lend() {
        return clusters.stream().flatMap(cluster -> cluster.lend().stream()).toList();
    }

    @Override
    public List<Tensor> models() {
        return clusters.stream().flatMap(cluster -> cluster.models().stream()).toList();
    }

    @Override
    public int[] clients() {
        return clusters.stream().mapToInt(ClusterMean::count).toArray();
    }

    @Override
    public boolean isFinite() {
        return clusters.stream().allMatch(ClusterMean::isFinite);
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(CLUSTERS, clusters.size());
        clusters.forEach(cluster -> cluster.save(out));
    }

    @Override
    public void restore(CheckpointReader in) {
        int saved = in.get(CLUSTERS, Integer.class);
        Arguments.require(
                saved == clusters.size(),
                "other clusters: clusters=" + clusters.size() + ", expected=" + saved
                        + "; resume with as many as were saved");
        clusters.forEach(cluster -> cluster.restore(in));
    }

    @Override
    public void close() {
        clusters.forEach(ClusterMean::close);
    }
}
