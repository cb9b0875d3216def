package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.util.Arguments;

/**
 * The clients of a server's round: which take part, which of them have been loaded or dropped, and whether the round is
 * complete. Used by one thread at a time.
 */
final class RoundParticipation implements Checkpointable {

    private static final String ROUND = "round";

    private final ServerOptions options;
    private final Set<Integer> cohort = new LinkedHashSet<>();
    private final Set<Integer> loaded = new LinkedHashSet<>();
    private final Set<Integer> dropped = new LinkedHashSet<>();
    private boolean drawn;
    private int round;

    RoundParticipation(ServerOptions options) {
        this.options = options;
    }

    /** Returns the number of completed rounds. */
    int round() {
        return round;
    }

    boolean isStopped() {
        return round >= options.globalRound();
    }

    /** Draws clients uniformly, ascending: the same at each call in a round. */
    List<Integer> uniform() {
        return RandomStreams.sample(
                options.numClients(),
                options.clientsPerRound(),
                RandomStreams.random(options.seed(), RandomStreams.SERVER, round, "sample"));
    }

    /** Returns whether the round's clients are drawn. */
    boolean isDrawn() {
        return drawn;
    }

    /**
     * Starts a round with the clients that were drawn for it, possibly none.
     *
     * @throws IllegalStateException if they are not clients of the federation in ascending order
     */
    void begin(List<Integer> cids) {
        int last = -1;
        for (int cid : cids) {
            if (cid <= last || cid >= options.numClients()) {
                throw new IllegalStateException("clients of a round: round=" + (round + 1) + ", client=" + cid
                        + " after " + last + ", expected=ascending ids from 0 to " + (options.numClients() - 1)
                        + ", none twice; correct what draws them");
            }
            last = cid;
        }
        cohort.addAll(cids);
        drawn = true;
    }

    /** Returns the clients that were drawn, ascending. */
    List<Integer> clients() {
        return List.copyOf(cohort);
    }

    /** Returns the clients that were loaded, in this order. */
    List<Integer> loaded() {
        return List.copyOf(loaded);
    }

    /** Returns the clients that were dropped, in this order. */
    List<Integer> dropped() {
        return List.copyOf(dropped);
    }

    /** Refuses to draw clients within a round, because it would be trained again with other random numbers. */
    void requireBetweenRounds() {
        if (loaded.isEmpty() && dropped.isEmpty()) {
            return;
        }
        List<Integer> missing = new ArrayList<>(cohort);
        missing.removeAll(loaded);
        missing.removeAll(dropped);
        throw new IllegalStateException("clients of the last round were neither loaded nor dropped: round="
                + (round + 1) + ", clients=" + missing + "; call handler.drop(cid) for each client of"
                + " trainer.dropped() after localProcess, or handler.restartRound() to repeat a round that failed");
    }

    /** Forgets this round's clients. */
    void restart() {
        drawn = false;
        cohort.clear();
        loaded.clear();
        dropped.clear();
    }

    /** Refuses a client that is not in this round, or was loaded or dropped before in it. */
    void check(int cid) {
        if (cid < 0 || cid >= options.numClients()) {
            throw new IllegalArgumentException("no such client: cid=" + cid + ", limit=0 to "
                    + (options.numClients() - 1) + "; send the id that the client was given");
        }
        Arguments.require(
                cohort.contains(cid),
                "client is not in this round: cid=" + cid + ", round=" + (round + 1)
                        + ", expected=one that was sampled; train the clients of sampleClients()");
        refuseIf(loaded.contains(cid), "loaded twice", cid);
        refuseIf(dropped.contains(cid), "loaded after it was dropped", cid);
    }

    /** Records that the package of a checked client was taken. Returns whether the round is complete. */
    boolean load(int cid) {
        loaded.add(cid);
        return isComplete();
    }

    /**
     * Records that a client of this round will send nothing. Returns whether the round is complete.
     *
     * @throws IllegalArgumentException as {@link #check}
     * @throws IllegalStateException if all others were dropped; the round is then as before
     */
    boolean drop(int cid) {
        refuseIf(loaded.contains(cid), "dropped after it was loaded", cid);
        refuseIf(dropped.contains(cid), "dropped twice", cid);
        check(cid);
        if (dropped.size() + 1 == cohort.size()) {
            throw new IllegalStateException("all clients dropped: cid=" + cid + ", round=" + (round + 1)
                    + ", limit=1 or more of " + cohort.size()
                    + " that are not dropped; call restartRound() to repeat the round");
        }
        dropped.add(cid);
        return isComplete();
    }

    private void refuseIf(boolean bad, String what, int cid) {
        if (bad) {
            throw new IllegalArgumentException("client " + what + ": cid=" + cid + ", round=" + (round + 1)
                    + ", expected=each client once a round; call restartRound() to repeat a round");
        }
    }

    /** Returns whether every client of the round was loaded or dropped; true if it has none. */
    boolean isComplete() {
        return drawn && loaded.size() + dropped.size() == cohort.size();
    }

    /** Counts the round as complete and starts the next. */
    void complete() {
        round++;
        restart();
    }

    /** Writes the number of completed rounds as the entry {@code round}; the rest follows from it and the options. */
    @Override
    public void save(CheckpointWriter out) {
        out.put(ROUND, round);
    }

    @Override
    public void restore(CheckpointReader in) {
        int completed = in.get(ROUND, Integer.class);
        Arguments.require(
                completed >= 0 && completed <= options.globalRound(),
                "completed rounds out of range: rounds=" + completed + ", limit=0 to " + options.globalRound()
                        + "; resume with the options of the saved run");
        round = completed;
        restart();
    }
}
