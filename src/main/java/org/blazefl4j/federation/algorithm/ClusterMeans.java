package org.blazefl4j.federation.algorithm;

import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Weighting;
import org.blazefl4j.contrib.support.SentVector;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.PartitionedDataset;
import org.blazefl4j.federation.Aggregation;
import org.blazefl4j.federation.MeanAggregator;
import org.blazefl4j.federation.ModelUplink;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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
    private final List<SentVector> others;
    private final long seed;

    private ClusterMeans(int clusters, ServerOptions options, long numel, Weighting weighting) {
        this.means = IntStream.range(0, clusters)
                .mapToObj(cluster -> new MeanAggregator(options, numel, weighting))
                .toList();
        this.others = IntStream.range(1, clusters)
                .mapToObj(cluster -> new SentVector(torch.empty(numel)))
                .toList();
        this.seed = options.seed();
    }

    @Override
    public void begin(GlobalModel global) {
        for (int i = 0; i < others.size(); i++) {
            reorder(global, i + 1, others.get(i).current());
        }
    }

    /**
     * Writes the server's initial model with each parameter's elements in another order. Where these were drawn
     * independently, as is usual, that is another draw of the same kind; constants stay, as do buffers and frozen
     * parameters.
     */
    private void reorder(GlobalModel global, int cluster, Tensor out) {
        try (PointerScope scope = new PointerScope();
                Generator generator = RandomStreams.generator(seed, RandomStreams.SERVER, 0, "cluster " + cluster)) {
            for (String name : global.names()) {
                FlatRanges elements = global.named(name::equals);
                Tensor order = torch.randperm(elements.numel(), new GeneratorOptional(generator));
                elements.scatter(elements.gather(global.current()).index_select(0, order), out);
            }
            global.fixed().copy(global.current(), out);
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
            SentVector other = others.get(i);
            write(means.get(i + 1), other.current(), other.next());
            other.advance();
        }
    }

    @Override
    public void clear() {
        means.forEach(MeanAggregator::clear);
    }

    @Override
    public List<Tensor> lend() {
        return others.stream().map(SentVector::lend).toList();
    }

    @Override
    public List<Tensor> models() {
        return others.stream().map(SentVector::current).toList();
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
        means.forEach(MeanAggregator::close);
        others.forEach(SentVector::close);
    }
}
