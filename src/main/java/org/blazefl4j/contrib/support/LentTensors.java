package org.blazefl4j.contrib.support;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * References to a server's tensors in the packages that it hands out. The receiver may close one, even twice; those
 * left open are closed here one round later. The server's own tensors stay open. Used by one thread at a time.
 */
public final class LentTensors implements AutoCloseable {

    private List<Tensor> now = new ArrayList<>();
    private List<Tensor> before = new ArrayList<>();

    /** Returns a new reference to a tensor's memory. */
    public Tensor lend(Tensor tensor) {
        Tensor lent = Tensors.alias(tensor);
        now.add(lent);
        return lent;
    }

    /** Starts the next round: closes what was lent in the round before the one that ends. */
    public void advance() {
        before.forEach(Tensor::close);
        before.clear();
        List<Tensor> ended = now;
        now = before;
        before = ended;
    }

    @Override
    public void close() {
        advance();
        advance();
    }
}
