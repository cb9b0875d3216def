package org.blazefl4j.federation.algorithm;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.support.LentTensors;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.torch.Tensors;
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
            return new ClusterMeans(clusters, options, numel, weighting);
        }

        @Override
        public boolean acceptsAnyOrder() {
            return true;
        }
    }

    private static final String CLUSTERS = "clusters";

    private final List<MeanAggregator> means;
    private final List<ClusterModel> others;
    private final long seed;
    private final LentTensors lent = new LentTensors();

    private ClusterMeans(int clusters, ServerOptions options, long numel, Weighting weighting) {
        this.means = IntStream.range(0, clusters)
                .mapToObj(cluster -> new MeanAggregator(options, numel, weighting))
                .toList();
        this.others = IntStream.range(1, clusters)
                .mapToObj(cluster -> new ClusterModel(numel))
                .toList();
        this.seed = options.seed();
    }

    @Override
    public void begin(GlobalModel global) {
        for (int i = 0; i < others.size(); i++) {
            others.get(i).begin(global, seed, i + 1);
        }
    }

    @Override
    public void add(ModelUplink uplink) {
        means.get(cluster(uplink)).add(uplink);
    }

    private int cluster(ModelUplink uplink) {
        double sent = uplink.numbers().getOrDefault(Clustered.CLUSTER, Double.NaN);
        int cluster = (int) sent;
        if (cluster != sent || cluster < 0 || cluster >= means.size()) {
            throw new IllegalArgumentException("no such cluster: client=" + uplink.cid() + ", cluster=" + sent
                    + ", limit=0 to " + (means.size() - 1) + "; send the index of the model that was trained");
        }
        return cluster;
    }

    @Override
    public void fold() {
        means.forEach(MeanAggregator::fold);
    }

    @Override
    public void model(Tensor sent, Tensor out) {
        write(means.get(0), sent, out);
    }

    private static void write(MeanAggregator mean, Tensor sent, Tensor out) {
        if (mean.isEmpty()) {
            out.copy_(sent);
        } else {
            mean.model(sent, out);
        }
    }

    @Override
    public void change(Tensor sent, Tensor out) {
        if (means.get(0).isEmpty()) {
            out.zero_();
        } else {
            means.get(0).change(sent, out);
        }
    }

    @Override
    public void complete() {
        for (int i = 0; i < others.size(); i++) {
            ClusterModel other = others.get(i);
            write(means.get(i + 1), other.current(), other.next());
            other.advance();
        }
        lent.advance();
    }

    @Override
    public void clear() {
        means.forEach(MeanAggregator::clear);
    }

    @Override
    public List<Tensor> lend() {
        return others.stream().map(other -> lent.lend(other.current())).toList();
    }

    @Override
    public List<Tensor> models() {
        return others.stream().map(ClusterModel::current).toList();
    }

    @Override
    public boolean isFinite() {
        return models().stream().allMatch(Tensors::isFinite);
    }

    /** Writes the models besides the server's own. */
    @Override
    public void save(CheckpointWriter out) {
        out.put(CLUSTERS, means.size());
        for (int i = 0; i < others.size(); i++) {
            out.put(entry(i), others.get(i).current());
        }
    }

    @Override
    public void restore(CheckpointReader in) {
        int saved = in.get(CLUSTERS, Integer.class);
        if (saved != means.size()) {
            throw new IllegalArgumentException("other clusters: clusters=" + means.size() + ", expected=" + saved
                    + "; resume with as many as were saved");
        }
        for (int i = 0; i < others.size(); i++) {
            try (Tensor model = in.get(entry(i), Tensor.class)) {
                others.get(i).current().copy_(model);
            }
        }
    }

    private static String entry(int other) {
        return "cluster " + (other + 1);
    }

    @Override
    public void close() {
        lent.close();
        means.forEach(MeanAggregator::close);
        others.forEach(ClusterModel::close);
    }
}
