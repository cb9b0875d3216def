package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Runs a server's rounds without a trainer. */
public final class WholeRounds {

    private WholeRounds() {}

    /** Restarts the round and completes it with these packages; drops the other sampled clients. */
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
