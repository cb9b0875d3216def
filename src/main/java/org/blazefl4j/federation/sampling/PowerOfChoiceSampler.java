package org.blazefl4j.federation.sampling;

import java.util.List;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.util.Arguments;

/** Takes those of some candidates whose last known loss is the largest. */
final class PowerOfChoiceSampler implements ClientSampler, Checkpointable {

    private static final String ENTRY = "losses";

    private final int candidates;
    private final ClientValues losses = new ClientValues();

    PowerOfChoiceSampler(int candidates) {
        Arguments.require(candidates >= 1, "too few candidates: candidates=" + candidates + ", limit=1 or more");
        this.candidates = candidates;
    }

    @Override
    public List<Integer> sample(Draw draw) {
        Arguments.require(
                candidates >= draw.clientsPerRound(),
                "too few candidates: candidates=" + candidates + ", limit=" + draw.clientsPerRound()
                        + " or more, the clients of a round");
        List<Integer> drawn = Draws.weighted(draw.candidates(), candidates, draw::dataSize, draw.random("candidates"));
        return Draws.smallest(drawn, draw.clientsPerRound(), cid -> -losses.get(cid, Double.POSITIVE_INFINITY));
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
        return "power-of-choice:candidates=" + candidates;
    }
}
