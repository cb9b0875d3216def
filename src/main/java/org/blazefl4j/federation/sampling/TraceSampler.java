package org.blazefl4j.federation.sampling;

import java.util.List;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;

/** Chooses among clients that a trace says are available. */
final class TraceSampler extends NestedSampler {

    private static final String ENTRY = "trace_sha256";

    private final AvailabilityTrace trace;

    TraceSampler(AvailabilityTrace trace, ClientSampler inner) {
        super(inner);
        this.trace = trace;
    }

    @Override
    public void check(Federation federation) {
        super.check(federation);
        trace.requireWithin(federation.server().numClients());
    }

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> available = draw.candidates().stream()
                .filter(cid -> trace.isAvailable(cid, draw.round()))
                .toList();
        return inner().sample(new NarrowedDraw(draw, available));
    }

    /** Writes the SHA-256 of the trace, too. */
    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        out.put(ENTRY, trace.sha256());
    }

    @Override
    public void restore(CheckpointReader in) {
        trace.requireSame(in.get(ENTRY, String.class));
        super.restore(in);
    }

    @Override
    public String toString() {
        return "available:trace=" + trace + "(" + inner() + ")";
    }
}
