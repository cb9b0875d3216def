package org.blazefl4j.federation.sampling;

import java.util.List;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;

/** Takes those of some candidates whose last known loss is the largest. */
final class LastLossSampler implements ClientSampler, Checkpointable {

    private static final String ENTRY = "losses";

    private final PowerOfChoiceSampler choice;
    private final ClientValues losses = new ClientValues();

    LastLossSampler(int candidates) {
        this.choice = new PowerOfChoiceSampler(candidates);
    }

    @Override
    public void check(Federation federation) {
        choice.check(federation);
    }

    @Override
    public List<Integer> sample(Draw draw) {
        return Draws.smallest(
                choice.drawn(draw), draw.clientsPerRound(), cid -> -losses.get(cid, Double.POSITIVE_INFINITY));
    }

    @Override
    public void completed(Outcome outcome) {
        outcome.numbers().forEach((cid, numbers) -> losses.put(cid, Reported.loss(cid, numbers)));
    }

    @Override
    public boolean needsLosses() {
        return true;
    }

    @Override
    public void save(CheckpointWriter out) {
        losses.save(out, ENTRY);
    }

    @Override
    public void restore(CheckpointReader in) {
        losses.restore(in, ENTRY);
    }

    @Override
    public String toString() {
        return "last-loss:candidates=" + choice.candidates();
    }
}
