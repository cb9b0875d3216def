package org.blazefl4j.trainer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.process.ClientRunner;
import org.bytedeco.pytorch.Tensor;

/**
 * The states of a trainer's clients, as bytes. Those that a round's clients leave are staged and take the place of the
 * committed ones all at once, when the round has ended well. Thread-safe.
 */
final class ClientStates implements AutoCloseable {

    private final Map<Integer, Tensor> committed = new HashMap<>();
    private final Map<Integer, Tensor> staged = new HashMap<>();
    private boolean closed;

    /** A client's committed state, which the caller owns; null if there is none. */
    synchronized Tensor read(int client) {
        Tensor state = committed.get(client);
        return state == null ? null : ClientRunner.alias(state);
    }

    /** The clients that have a committed state, ascending. */
    synchronized List<Integer> clients() {
        return committed.keySet().stream().sorted().toList();
    }

    /** Forgets all states. */
    synchronized void clear() {
        free(staged);
        free(committed);
    }

    /** Takes over the state that a client left in this round, in place of one that it left before in this round. */
    synchronized void stage(int client, Tensor state) {
        if (closed) {
            state.close();
        } else {
            put(staged, client, state);
        }
    }

    /** Makes the staged states the committed ones. */
    synchronized void commit() {
        staged.forEach((client, state) -> put(committed, client, state));
        staged.clear();
    }

    /** Forgets the staged states. */
    synchronized void discard() {
        free(staged);
    }

    /** Frees all states; what is staged later is freed at once. */
    @Override
    public synchronized void close() {
        closed = true;
        clear();
    }

    private static void put(Map<Integer, Tensor> states, int client, Tensor state) {
        Tensor old = states.put(client, state);
        if (old != null) {
            old.close();
        }
    }

    private static void free(Map<Integer, Tensor> states) {
        states.values().forEach(Tensor::close);
        states.clear();
    }
}
