package org.blazefl4j.federation.sampling;

import java.util.List;
import java.util.random.RandomGenerator;
import org.blazefl4j.federation.ClientSampler.Draw;

/** A draw among some of the clients that another one allows, of perhaps another number of them. */
record NarrowedDraw(Draw all, List<Integer> candidates, int clientsPerRound) implements Draw {

    NarrowedDraw(Draw all, List<Integer> candidates) {
        this(all, candidates, all.clientsPerRound());
    }

    @Override
    public int round() {
        return all.round();
    }

    @Override
    public int numClients() {
        return all.numClients();
    }

    @Override
    public long dataSize(int cid) {
        return all.dataSize(cid);
    }

    @Override
    public RandomGenerator random(String purpose) {
        return all.random(purpose);
    }

    @Override
    public List<Double> losses(List<Integer> cids) {
        return all.losses(cids);
    }
}
