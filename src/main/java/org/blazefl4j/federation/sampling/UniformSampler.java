package org.blazefl4j.federation.sampling;

import java.util.List;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.reproducibility.RandomStreams;

/** Draws uniformly without replacement, with the bits of a server without a sampler. */
record UniformSampler() implements ClientSampler {

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> candidates = draw.candidates();
        int count = Math.min(draw.clientsPerRound(), candidates.size());
        return RandomStreams.sample(candidates.size(), count, draw.random("sample")).stream()
                .map(candidates::get)
                .toList();
    }

    @Override
    public String toString() {
        return "uniform";
    }
}
