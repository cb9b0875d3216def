package org.blazefl4j.trainer;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The states of a trainer's clients, as bytes of {@link org.blazefl4j.codec.PackageBytes}. Those that a round's clients
 * leave are staged, and replace the committed ones all at once when the round has ended well. They are in memory up to
 * a limit; beyond it, the least recently used are moved to a file and stay there. Thread-safe; empty once closed.
 */
final class ClientStates implements AutoCloseable {

    private final long limit;
    private final StateFile file;
    private final Map<Integer, Stored> committed = new HashMap<>();
    private final Map<Integer, Stored> staged = new HashMap<>();

    /** The states in memory, the most recently used last. */
    private final Map<Stored, Tensor> inMemory = new LinkedHashMap<>(16, 0.75f, true);

    private long memoryBytes;
    private long diskBytes;
    private boolean closed;

    private static final class Stored {

        private final int client;
        private final long bytes;

        /** Null while the state is in memory. */
        private StateFile.@Nullable Place place;

        Stored(int client, long bytes) {
            this.client = client;
            this.bytes = bytes;
        }

        StateFile.Place place() {
            return Objects.requireNonNull(place, "place");
        }
    }

    /**
     * Creates an empty store.
     *
     * @param limit the most bytes in memory
     * @param file takes the others
     */
    ClientStates(long limit, StateFile file) {
        this.limit = limit;
        this.file = file;
    }

    /** Returns the clients with a committed state, ascending. */
    synchronized List<Integer> clients() {
        return committed.keySet().stream().sorted().toList();
    }

    /**
     * Returns a client's committed state, if there is one; the caller owns it.
     *
     * @throws IllegalStateException if it cannot be read from the file
     */
    @Nullable
    Tensor read(int client) {
        Stored state;
        synchronized (this) {
            state = committed.get(client);
            if (state == null) {
                return null;
            }
            Tensor memory = inMemory.get(state);
            if (memory != null) {
                return Tensors.alias(memory);
            }
        }
        return file.read(client, state.place()); // outside, so that threads do not wait for each other's reads
    }

    /**
     * Takes ownership of the state that a client left. It replaces one that the client left since the last commit.
     *
     * @throws IllegalStateException if it, or one that makes room for it, cannot be written to the file
     */
    synchronized void stage(int client, Tensor state) {
        if (closed) {
            state.close();
            return;
        }
        try {
            replace(staged, client, store(client, state));
        } catch (RuntimeException | Error failure) {
            state.close();
            throw failure;
        }
    }

    private Stored store(int client, Tensor state) {
        Stored added = new Stored(client, state.numel());
        makeRoom(added.bytes);
        if (memoryBytes + added.bytes > limit) {
            spill(added, state);
        } else {
            inMemory.put(added, state);
            memoryBytes += added.bytes;
        }
        return added;
    }

    private void makeRoom(long bytes) {
        Iterator<Map.Entry<Stored, Tensor>> leastUsed = inMemory.entrySet().iterator();
        while (bytes <= limit && memoryBytes + bytes > limit) {
            Map.Entry<Stored, Tensor> victim = leastUsed.next();
            spill(victim.getKey(), victim.getValue());
            memoryBytes -= victim.getKey().bytes;
            leastUsed.remove();
        }
    }

    private void spill(Stored state, Tensor memory) {
        state.place = file.write(state.client, memory);
        memory.close();
        diskBytes += state.bytes;
    }

    /** Commits the staged states. */
    synchronized void commit() {
        staged.forEach((client, state) -> replace(committed, client, state));
        staged.clear();
    }

    /** Commits the staged states and removes all others. */
    synchronized void commitAlone() {
        clear(committed);
        commit();
    }

    /** Removes the staged states. */
    synchronized void discard() {
        clear(staged);
    }

    /** Returns the number of committed states, and the bytes of all. */
    synchronized StateUsage usage() {
        return new StateUsage(committed.size(), memoryBytes, diskBytes);
    }

    private void replace(Map<Integer, Stored> states, int client, Stored state) {
        Stored old = states.put(client, state);
        if (old != null) {
            remove(old);
        }
    }

    private void clear(Map<Integer, Stored> states) {
        states.values().forEach(this::remove);
        states.clear();
    }

    private void remove(Stored state) {
        Tensor memory = inMemory.remove(state);
        if (memory == null) {
            diskBytes -= state.bytes;
            file.free(state.place());
        } else {
            memoryBytes -= state.bytes;
            memory.close();
        }
    }

    /** Frees all states and their file. */
    @Override
    public synchronized void close() {
        closed = true;
        staged.clear();
        committed.clear();
        inMemory.values().forEach(Tensor::close);
        inMemory.clear();
        memoryBytes = 0;
        diskBytes = 0;
        file.close();
    }
}
