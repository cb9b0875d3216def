package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Rounds of a server for tests that have no trainer. */
public final class WholeRounds {

    private WholeRounds() {}

    /** Starts the round again and completes it with these packages: the other clients that were drawn are dropped. */
    public static <U> void update(AbstractServerHandler<?, U> handler, ToIntFunction<U> cid, List<U> uplinks) {
        handler.restartRound();
        List<Integer> others = new ArrayList<>(handler.sampleClients());
        uplinks.forEach(uplink -> others.remove((Integer) cid.applyAsInt(uplink)));
        boolean complete = handler.loadAll(uplinks);
        for (int other : others) {
            complete = complete || handler.drop(other);
        }
    }
}
