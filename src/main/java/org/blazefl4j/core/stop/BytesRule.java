package org.blazefl4j.core.stop;

import java.util.Optional;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.StopRule;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/** Ends when clients have sent too much. */
final class BytesRule implements StopRule {

    private static final String ENTRY = "bytes";

    private final long limit;
    private long sent;

    BytesRule(long limit) {
        Arguments.require(limit > 0, "number of bytes out of range: bytes=" + limit + ", limit=1 or more");
        this.limit = limit;
    }

    @Override
    public void clientLoaded(int round, Object uplink) {
        for (TensorWalk.Found found : TensorWalk.tensors(uplink)) {
            Tensor tensor = found.tensor();
            sent += tensor.nbytes();
        }
    }

    @Override
    public Optional<String> reason() {
        return sent < limit ? Optional.empty() : Optional.of("clients have sent " + sent + " bytes, at least " + limit);
    }

    @Override
    public void save(CheckpointWriter out) {
        out.put(ENTRY, sent);
    }

    @Override
    public void restore(CheckpointReader in) {
        sent = in.names().contains(ENTRY) ? in.get(ENTRY, Long.class) : 0;
    }
}
