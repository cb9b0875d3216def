package org.blazefl4j.federation.sampling;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.util.Arguments;

/** Chooses among clients that did not take part lately. */
final class SeparatedSampler extends NestedSampler {

    private static final String ENTRY = "last_rounds";

    private final int rounds;

    /** The last round of each client that took part, counted from 0. */
    private final ClientValues last = new ClientValues();

    SeparatedSampler(int rounds, ClientSampler inner) {
        super(inner);
        Arguments.require(
                rounds >= 1, "too few rounds between two of a client: rounds=" + rounds + ", limit=1 or more");
        this.rounds = rounds;
    }

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> rested = new ArrayList<>();
        for (int cid : draw.candidates()) {
            if (draw.round() - last.get(cid, Double.NEGATIVE_INFINITY) >= rounds) {
                rested.add(cid);
            }
        }
        return inner().sample(new NarrowedDraw(draw, rested));
    }

    @Override
    public void completed(Outcome outcome) {
        super.completed(outcome);
        remember(outcome.numbers().keySet(), outcome.round());
        remember(outcome.dropped(), outcome.round());
    }

    private void remember(Collection<Integer> cids, int round) {
        cids.forEach(cid -> last.put(cid, round));
    }

    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        last.save(out, ENTRY);
    }

    @Override
    public void restore(CheckpointReader in) {
        super.restore(in);
        last.restore(in, ENTRY);
    }

    @Override
    public String toString() {
        return "separated:rounds=" + rounds + "(" + inner() + ")";
    }
}
