package org.blazefl4j.trainer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * The states of a trainer's clients, as bytes of {@link org.blazefl4j.codec.PackageBytes}. Those that a round's clients
 * leave are staged, and take the place of the committed ones all at once when the round has ended well. Thread-safe;
 * empty for ever once closed.
 */
final class ClientStates implements AutoCloseable {

    private final StateStore store;
    private final Map<Integer, StateStore.Stored> committed = new HashMap<>();
    private final Map<Integer, StateStore.Stored> staged = new HashMap<>();
    private boolean closed;

    ClientStates(StateStore store) {
        this.store = store;
    }

    /** The clients that have a committed state, in ascending order. */
    synchronized List<Integer> clients() {
        return committed.keySet().stream().sorted().toList();
    }

    /**
     * A client's committed state, which the caller owns; null if there is none.
     *
     * @throws IllegalStateException if it was written to disk and is there no longer
     */
    Tensor read(int client) {
        Supplier<Tensor> reader;
        synchronized (this) {
            StateStore.Stored state = committed.get(client);
            if (state == null) {
                return null;
            }
            reader = store.reader(state);
        }
        return reader.get(); // outside, so that threads do not wait for each other's files
    }

    /**
     * Takes over the state that a client left, in place of one that it left since the last {@link #commit}.
     *
     * @throws IllegalStateException if it, or one that makes room for it, cannot be written to disk
     */
    synchronized void stage(int client, Tensor state) {
        if (closed) {
            state.close();
        } else {
            replace(staged, client, store.put(client, state));
        }
    }

    /** Makes the staged states the committed ones of their clients. */
    synchronized void commit() {
        staged.forEach((client, state) -> replace(committed, client, state));
        staged.clear();
    }

    /** Makes the staged states the only ones. */
    synchronized void commitAlone() {
        clear(committed);
        commit();
    }

    /** Forgets the staged states. */
    synchronized void discard() {
        clear(staged);
    }

    /** How many there are and what they take. */
    synchronized StateUsage usage() {
        return new StateUsage(committed.size(), store.memoryBytes(), store.diskBytes());
    }

    /** Frees all states, and their files. */
    @Override
    public synchronized void close() {
        closed = true;
        staged.clear();
        committed.clear();
        store.close();
    }

    private void replace(Map<Integer, StateStore.Stored> states, int client, StateStore.Stored state) {
        StateStore.Stored old = states.put(client, state);
        if (old != null) {
            store.remove(old);
        }
    }

    private void clear(Map<Integer, StateStore.Stored> states) {
        states.values().forEach(store::remove);
        states.clear();
    }
}
