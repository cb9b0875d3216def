package org.blazefl4j.federation.algorithm;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.blazefl4j.federation.ClientSampler;

/** Chooses all clients, and remembers the cluster that each of them chose last. */
final class ChosenClusters implements ClientSampler {

    private final Map<Integer, Double> clusters = new TreeMap<>();

    @Override
    public List<Integer> sample(Draw draw) {
        return draw.candidates();
    }

    @Override
    public void completed(Outcome outcome) {
        outcome.numbers().forEach((cid, numbers) -> clusters.put(cid, numbers.get("cluster")));
    }

    /** Returns the clusters that the clients from one to before another have chosen. */
    Set<Double> of(int from, int to) {
        return Set.copyOf(List.copyOf(clusters.values()).subList(from, to));
    }
}
