package org.blazefl4j.federation.sampling;

import java.util.Objects;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.federation.ClientSampler;

/** A sampler that leaves the choice to another one, whose entries are beside its own in the checkpoint. */
abstract class NestedSampler implements ClientSampler, Checkpointable {

    private final ClientSampler inner;

    NestedSampler(ClientSampler inner) {
        this.inner = Objects.requireNonNull(inner, "sampler");
    }

    final ClientSampler inner() {
        return inner;
    }

    @Override
    public void check(ServerOptions server) {
        inner.check(server);
    }

    @Override
    public void completed(Outcome outcome) {
        inner.completed(outcome);
    }

    @Override
    public boolean needsLosses() {
        return inner.needsLosses();
    }

    @Override
    public void save(CheckpointWriter out) {
        if (inner instanceof Checkpointable kept) {
            kept.save(out);
        }
    }

    @Override
    public void restore(CheckpointReader in) {
        if (inner instanceof Checkpointable kept) {
            kept.restore(in);
        }
    }
}
