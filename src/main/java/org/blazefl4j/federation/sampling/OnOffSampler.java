package org.blazefl4j.federation.sampling;

import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.util.Arguments;
import org.jspecify.annotations.Nullable;

/** Chooses among clients that are on, where each goes off and on by itself. */
final class OnOffSampler extends NestedSampler {

    private static final String ENTRY = "clients_on";

    private final double off;
    private final double on;

    /** Who was on in the last complete round; null before the first. */
    private @Nullable BitSet last;

    private BitSet drawn = new BitSet();

    OnOffSampler(double off, double on, ClientSampler inner) {
        super(inner);
        requireProbability("off", off);
        requireProbability("on", on);
        this.off = off;
        this.on = on;
    }

    private static void requireProbability(String name, double value) {
        Arguments.require(
                value > 0 && value <= 1,
                "probability of a change out of range: " + name + "=" + value + ", limit=above 0 and at most 1");
    }

    @Override
    public List<Integer> sample(Draw draw) {
        RandomGenerator random = draw.random("availability");
        BitSet next = new BitSet();
        for (int cid = 0; cid < draw.numClients(); cid++) {
            next.set(cid, Draws.unit(random) < probabilityOn(cid));
        }
        drawn = next;
        return inner().sample(new NarrowedDraw(
                draw, draw.candidates().stream().filter(next::get).toList()));
    }

    private double probabilityOn(int cid) {
        if (last == null) {
            return on / (on + off);
        }
        return last.get(cid) ? 1 - off : on;
    }

    @Override
    public void completed(Outcome outcome) {
        super.completed(outcome);
        last = drawn;
    }

    @Override
    public void save(CheckpointWriter out) {
        super.save(out);
        out.put(ENTRY, last == null ? null : last.toLongArray());
    }

    @Override
    public void restore(CheckpointReader in) {
        super.restore(in);
        long @Nullable [] saved = in.get(ENTRY, long[].class);
        last = saved == null ? null : BitSet.valueOf(saved);
    }

    @Override
    public String toString() {
        return "on-off:off=" + off + ",on=" + on + "(" + inner() + ")";
    }
}
