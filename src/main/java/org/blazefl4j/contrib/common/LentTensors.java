package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * References to a server's tensors that it has handed out. Who takes one may close it, once or twice; what he does not
 * close is closed here, a round after it was of use. The server's own tensors stay open. Used by one thread at a time.
 */
public final class LentTensors implements AutoCloseable {

    private List<Tensor> now = new ArrayList<>();
    private List<Tensor> before = new ArrayList<>();

    /** None yet. */
    public LentTensors() {}

    /**
     * A reference to a tensor's memory.
     *
     * @param tensor stays the caller's; may be null
     * @return null for null
     */
    public Tensor lend(Tensor tensor) {
        if (tensor == null) {
            return null;
        }
        Tensor lent = Tensors.alias(tensor);
        now.add(lent);
        return lent;
    }

    /** A round is over: closes what was lent before it. */
    public void advance() {
        before.forEach(Tensor::close);
        before.clear();
        List<Tensor> ended = now;
        now = before;
        before = ended;
    }

    /** Closes all. */
    @Override
    public void close() {
        advance();
        advance();
    }
}
