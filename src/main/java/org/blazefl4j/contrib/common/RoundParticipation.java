package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.util.Arguments;

/**
 * The clients of a server's round: which take part, which have been loaded or dropped, and whether the round is
 * complete. Used by one thread at a time.
 */
final class RoundParticipation implements Checkpointable {

    private static final int SERVER = -1;
    private static final String ROUND = "round";

    private final ServerOptions options;
    private final Set<Integer> loaded = new HashSet<>();
    private final Set<Integer> dropped = new HashSet<>();
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

    /** Draws the round's clients, ascending: the same at each call in a round. */
    List<Integer> sample() {
        return RandomStreams.sample(
                options.numClients(),
                options.clientsPerRound(),
                RandomStreams.random(options.seed(), SERVER, round, "sample"));
    }

    /** Refuses to draw clients within a round, because it would be trained again with other random numbers. */
    void requireBetweenRounds() {
        if (loaded.isEmpty() && dropped.isEmpty()) {
            return;
        }
        List<Integer> missing = new ArrayList<>(sample());
        missing.removeAll(loaded);
        missing.removeAll(dropped);
        throw new IllegalStateException("clients of the last round were neither loaded nor dropped: round="
                + (round + 1) + ", clients=" + missing + "; call handler.drop(cid) for each client of"
                + " trainer.dropped() after localProcess, or handler.restartRound() to repeat a round that failed");
    }

    /** Forgets the clients that were loaded or dropped in this round. */
    void restart() {
        loaded.clear();
        dropped.clear();
    }

    /** Refuses a client that is not in the federation, or was loaded or dropped before in this round. */
    void check(int cid) {
        if (cid < 0 || cid >= options.numClients()) {
            throw new IllegalArgumentException("no such client: cid=" + cid + ", limit=0 to "
                    + (options.numClients() - 1) + "; send the id that the client was given");
        }
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
        if (dropped.size() + 1 == options.clientsPerRound()) {
            throw new IllegalStateException("all clients dropped: cid=" + cid + ", round=" + (round + 1)
                    + ", limit=1 or more of " + options.clientsPerRound()
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

    private boolean isComplete() {
        return loaded.size() + dropped.size() >= options.clientsPerRound();
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
