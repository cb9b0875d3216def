package org.blazefl4j.federation.sampling;

import java.util.List;
import org.blazefl4j.federation.ClientSampler;

/** Draws with probabilities proportional to data sizes, without replacement. */
record WeightedSampler() implements ClientSampler {

    @Override
    public List<Integer> sample(Draw draw) {
        return Draws.weighted(draw.candidates(), draw.clientsPerRound(), draw::dataSize, draw.random("weighted"));
    }

    @Override
    public String toString() {
        return "weighted";
    }
}
