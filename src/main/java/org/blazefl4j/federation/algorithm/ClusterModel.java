package org.blazefl4j.federation.algorithm;

import org.blazefl4j.contrib.common.GlobalModel;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatRanges;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A cluster's model: its state, and the one after the round, since clients may still read the first. */
final class ClusterModel implements AutoCloseable {

    private Tensor current;
    private Tensor next;

    ClusterModel(long numel) {
        this.current = torch.empty(numel).retainReference();
        this.next = torch.empty(numel).retainReference();
    }

    /**
     * Starts from the server's initial model with each parameter's elements in an order of its own. Where these were
     * drawn independently, as is usual, that is another draw of the same kind; constants stay, as do buffers and frozen
     * parameters.
     */
    void begin(GlobalModel global, long seed, int cluster) {
        try (PointerScope scope = new PointerScope();
                Generator generator = RandomStreams.generator(seed, RandomStreams.SERVER, 0, "cluster " + cluster)) {
            for (String name : global.names()) {
                FlatRanges elements = global.named(name::equals);
                Tensor order = torch.randperm(elements.numel(), new GeneratorOptional(generator));
                elements.scatter(elements.gather(global.current()).index_select(0, order), current);
            }
            global.fixed().copy(global.current(), current);
        }
    }

    Tensor current() {
        return current;
    }

    Tensor next() {
        return next;
    }

    /** Makes what was written to {@link #next()} the state. */
    void advance() {
        Tensor sent = current;
        current = next;
        next = sent;
    }

    @Override
    public void close() {
        current.close();
        next.close();
    }
}
