package org.blazefl4j.federation.sampling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.random.RandomGenerator;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.federation.ClientSampler;
import org.blazefl4j.federation.ClientSampler.Draw;
import org.blazefl4j.federation.ClientSampler.Outcome;
import org.blazefl4j.reproducibility.RandomStreams;

/** Rounds of a federation without a model: client k has k + 1 samples and reports a loss that round and id decide. */
final class SampledRounds {

    private final int numClients;
    private final int clientsPerRound;
    private final long seed;
    private IntUnaryOperator sizes = cid -> cid + 1;

    SampledRounds(int numClients, int clientsPerRound, long seed) {
        this.numClients = numClients;
        this.clientsPerRound = clientsPerRound;
        this.seed = seed;
    }

    SampledRounds withSizes(IntUnaryOperator sizes) {
        this.sizes = sizes;
        return this;
    }

    private record TestDraw(SampledRounds all, int round) implements Draw {

        @Override
        public int numClients() {
            return all.numClients;
        }

        @Override
        public int clientsPerRound() {
            return all.clientsPerRound;
        }

        @Override
        public long dataSize(int cid) {
            return all.sizes.applyAsInt(cid);
        }

        @Override
        public RandomGenerator random(String purpose) {
            return RandomStreams.random(all.seed, -1, round, purpose);
        }

        @Override
        public List<Double> losses(List<Integer> cids) {
            return cids.stream().map(cid -> loss(cid, round)).toList();
        }
    }

    static double loss(int cid, int round) {
        return (cid * 31 + round * 17) % 13 / 4.0;
    }

    Draw draw(int round) {
        return new TestDraw(this, round);
    }

    List<Integer> sample(ClientSampler sampler, int round) {
        return sampler.sample(draw(round));
    }

    /** Draws a round's clients and completes the round; every seventh client is dropped. */
    List<Integer> next(ClientSampler sampler, int round) {
        List<Integer> cids = sample(sampler, round);
        Map<Integer, Map<String, Double>> numbers = new LinkedHashMap<>();
        List<Integer> dropped = new ArrayList<>();
        for (int cid : cids) {
            if ((cid + round) % 7 == 6) {
                dropped.add(cid);
            } else {
                numbers.put(cid, Map.of("loss", loss(cid, round)));
            }
        }
        sampler.completed(new Outcome(round, numbers, dropped));
        return cids;
    }

    List<List<Integer>> next(ClientSampler sampler, int from, int to) {
        List<List<Integer>> cohorts = new ArrayList<>();
        for (int round = from; round < to; round++) {
            cohorts.add(next(sampler, round));
        }
        return cohorts;
    }

    /** Returns how often each client takes part in rounds from the first. */
    int[] counts(ClientSampler sampler, int rounds) {
        int[] counts = new int[numClients];
        for (int round = 0; round < rounds; round++) {
            next(sampler, round).forEach(cid -> counts[cid]++);
        }
        return counts;
    }

    static void completed(ClientSampler sampler, int round, Map<Integer, Map<String, Double>> numbers) {
        sampler.completed(new Outcome(round, numbers, List.of()));
    }

    /** Gives {@code to} what {@code from} keeps, if it keeps anything. */
    static void resume(ClientSampler from, ClientSampler to) {
        if (from instanceof Checkpointable kept) {
            MemoryCheckpoint saved = new MemoryCheckpoint();
            kept.save(saved);
            ((Checkpointable) to).restore(saved);
        }
    }
}
