package org.blazefl4j.federation.algorithm;

import java.util.List;
import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.support.SentVector;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.federation.Weighting;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A cluster of IFCA besides the first, whose model is not the server's own, and is kept here. */
final class OtherCluster extends ClusterMean {

    private final long seed;
    private final SentVector model;

    OtherCluster(int cluster, ServerOptions options, long numel, Weighting weighting) {
        super(cluster, options, numel, weighting);
        this.seed = options.seed();
        this.model = new SentVector(torch.empty(numel));
    }

    /**
     * Makes the server's initial model this one, with each parameter's elements in another order. Where these were
     * drawn independently, as is usual, that is another draw of the same kind; constants stay, as do buffers and frozen
     * parameters.
     */
    @Override
    public void begin(GlobalModel global) {
        Tensor out = model.current();
        try (PointerScope scope = new PointerScope();
                Generator generator = RandomStreams.generator(seed, RandomStreams.SERVER, 0, name())) {
            for (String name : global.names()) {
                FlatRanges elements = global.named(name::equals);
                Tensor order = torch.randperm(elements.numel(), new GeneratorOptional(generator));
                elements.scatter(elements.gather(global.current()).index_select(0, order), out);
            }
            global.fixed().copy(global.current(), out);
        }
    }

    @Override
    public void complete() {
        super.complete();
        model(model.current(), model.next());
        model.advance();
    }

    @Override
    public List<Tensor> lend() {
        return List.of(model.lend());
    }

    @Override
    public List<Tensor> models() {
        return List.of(model.current());
    }

    @Override
    public boolean isFinite() {
        return Tensors.isFinite(model.current());
    }

    /** Writes the model, too. */
    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        out.put(name(), model.current());
    }

    @Override
    public void restore(CheckpointReader in) {
        super.restore(in);
        try (Tensor saved = in.get(name(), Tensor.class)) {
            model.current().copy_(saved);
        }
    }

    @Override
    public void close() {
        super.close();
        model.close();
    }
}
