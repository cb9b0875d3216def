package org.blazefl4j.federation.sampling;

import java.util.List;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.util.Arguments;

/** Takes those of some candidates with the largest loss of the server's model. */
record PowerOfChoiceSampler(int candidates) implements ClientSampler {

    PowerOfChoiceSampler {
        Arguments.require(candidates >= 1, "too few candidates: candidates=" + candidates + ", limit=1 or more");
    }

    @Override
    public void check(Federation federation) {
        Arguments.require(
                candidates >= federation.server().clientsPerRound(),
                "too few candidates: candidates=" + candidates + ", limit="
                        + federation.server().clientsPerRound() + " or more, the clients of a round");
    }

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> drawn = drawn(draw);
        ClientValues losses = new ClientValues();
        List<Double> answers = draw.losses(drawn);
        for (int i = 0; i < drawn.size(); i++) {
            losses.put(drawn.get(i), answers.get(i));
        }
        return Draws.smallest(drawn, draw.clientsPerRound(), cid -> -losses.get(cid, 0));
    }

    /** Draws the candidates. */
    List<Integer> drawn(Draw draw) {
        return Draws.weighted(draw.candidates(), candidates, draw::dataSize, draw.random("candidates"));
    }

    @Override
    public String toString() {
        return "power-of-choice:candidates=" + candidates;
    }
}
