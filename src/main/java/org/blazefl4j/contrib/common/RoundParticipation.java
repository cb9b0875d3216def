package org.blazefl4j.contrib.common;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.reproducibility.Sampling;

/**
 * A server's rounds: which clients take part in one, which of them have been heard of, and when it is complete.
 *
 * <pre>{@code
 * intake.check(uplink.cid());
 * add(uplink);
 * if (intake.load(uplink.cid())) {
 *     update();
 *     intake.complete();
 * }
 * }</pre>
 *
 * <p>Used by one thread at a time.
 */
final class RoundParticipation implements Checkpointable {

    private static final int SERVER = -1;
    private static final String ROUND = "round";

    private final ServerOptions options;
    private final Set<Integer> loaded = new HashSet<>();
    private final Set<Integer> dropped = new HashSet<>();
    private int round;

    /**
     * Before the first round.
     *
     * @param options how many rounds, and of which clients
     */
    RoundParticipation(ServerOptions options) {
        this.options = options;
    }

    /** The number of completed rounds. */
    int round() {
        return round;
    }

    /** Whether all rounds are completed. */
    boolean isStopped() {
        return round >= options.globalRound();
    }

    /**
     * Draws the round's clients without replacement from the stream (seed, server, round, {@code "sample"}), so a
     * second call in the same round draws the same.
     *
     * @return ids, ascending
     */
    List<Integer> sample() {
        return Sampling.withoutReplacement(
                options.numClients(),
                options.clientsPerRound(),
                RandomStreams.random(options.seed(), SERVER, round, "sample"));
    }

    /**
     * Refuses to draw clients in the middle of a round: it would be trained once more, by clients that draw other
     * random numbers.
     *
     * @throws IllegalStateException if some of the round's clients were loaded or dropped and others were not
     */
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

    /** Forgets which clients of a round that was not completed were loaded or dropped. */
    void restart() {
        loaded.clear();
        dropped.clear();
    }

    /**
     * Refuses a client that cannot send anything now; changes nothing.
     *
     * @param cid the client that sent a package
     * @throws IllegalArgumentException if it is none of the federation, or was loaded or dropped before in this round
     */
    void check(int cid) {
        if (cid < 0 || cid >= options.numClients()) {
            throw new IllegalArgumentException("no such client: cid=" + cid + ", limit=0 to "
                    + (options.numClients() - 1) + "; send the id that the client was given");
        }
        refuseIf(loaded.contains(cid), "loaded twice", cid);
        refuseIf(dropped.contains(cid), "loaded after it was dropped", cid);
    }

    /**
     * Notes that a client's package was taken.
     *
     * @param cid the client
     * @return true if it was the last that was waited for
     * @throws IllegalArgumentException as {@link #check}
     */
    boolean load(int cid) {
        check(cid);
        loaded.add(cid);
        return isComplete();
    }

    /**
     * Notes that a client of this round will send nothing.
     *
     * @param cid the client
     * @return true if no other is waited for: the round is complete without it
     * @throws IllegalArgumentException if it is none of the federation, or was loaded or dropped before in this round
     * @throws IllegalStateException if it was the last and none has sent anything; the round is then as before
     */
    boolean drop(int cid) {
        refuseIf(loaded.contains(cid), "dropped after it was loaded", cid);
        refuseIf(dropped.contains(cid), "dropped twice", cid);
        check(cid);
        if (dropped.size() + 1 == options.clientsPerRound()) {
            throw new IllegalStateException("no client is left: cid=" + cid + ", round=" + (round + 1)
                    + ", limit=1 or more of " + options.clientsPerRound()
                    + " that are not dropped; call restartRound() to repeat the round");
        }
        dropped.add(cid);
        return isComplete();
    }

    private void refuseIf(boolean bad, String what, int cid) {
        if (bad) {
            throw new IllegalArgumentException("client " + what + ": cid=" + cid + ", round=" + (round + 1)
                    + ", limit=once a round; call restartRound() to repeat a round");
        }
    }

    private boolean isComplete() {
        return loaded.size() + dropped.size() >= options.clientsPerRound();
    }

    /** Counts the round as completed and starts the next. */
    void complete() {
        round++;
        restart();
    }

    /**
     * Goes on as after so many completed rounds.
     *
     * @param completed from 0 to the number of rounds
     * @throws IllegalArgumentException if it is out of this range
     */
    void resumeAfter(int completed) {
        if (completed < 0 || completed > options.globalRound()) {
            throw new IllegalArgumentException("completed rounds out of range: rounds=" + completed + ", limit=0 to "
                    + options.globalRound() + "; resume with the options that the rounds were run with");
        }
        round = completed;
        restart();
    }

    /** Writes the number of completed rounds as the entry {@code round}; the rest follows from it and the options. */
    @Override
    public void save(CheckpointWriter out) {
        out.put(ROUND, round);
    }

    @Override
    public void restore(CheckpointReader in) {
        resumeAfter(in.get(ROUND, Integer.class));
    }
}
