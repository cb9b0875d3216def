package org.blazefl4j.federation.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.util.Arguments;

/** Chooses each client with the same probability, independently. */
record PoissonSampler(double rate) implements ClientSampler {

    PoissonSampler {
        Arguments.require(
                rate > 0 && rate <= 1, "sampling rate out of range: rate=" + rate + ", limit=above 0 and at most 1");
    }

    @Override
    public List<Integer> sample(Draw draw) {
        RandomGenerator random = draw.random("poisson");
        List<Integer> chosen = new ArrayList<>();
        for (int cid : draw.candidates()) {
            if (Draws.unit(random) < rate) {
                chosen.add(cid);
            }
        }
        return chosen;
    }

    @Override
    public String toString() {
        return "poisson:rate=" + rate;
    }
}
