package org.blazefl4j.federation.sampling;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.blazefl4j.federation.ClientSampler;

/** Takes the next clients by id, in a circle. Where each round begins follows from its number. */
record RoundRobinSampler() implements ClientSampler {

    @Override
    public List<Integer> sample(Draw draw) {
        List<Integer> turns = new ArrayList<>(draw.candidates());
        int start = (int) ((long) draw.round() * draw.clientsPerRound() % draw.numClients());
        int found = Collections.binarySearch(turns, start);
        Collections.rotate(turns, found < 0 ? found + 1 : -found);
        return Draws.ascending(turns.subList(0, Math.min(draw.clientsPerRound(), turns.size())));
    }

    @Override
    public String toString() {
        return "round-robin";
    }
}
