package org.blazefl4j.trainer;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Where the bytes of states are: in memory up to a limit, and beyond it in a file, those that were not used for
 * longest. A state that is in the file stays there. Not thread-safe, what {@link #reader} gives apart.
 */
final class StateStore implements AutoCloseable {

    private final long limit;
    private final StateFiles files;

    /** What is in memory, that used last at the end. */
    private final Set<Stored> inMemory = new LinkedHashSet<>();

    private long memoryBytes;
    private long diskBytes;

    /** A client's state: in memory, or in the file. */
    static final class Stored {

        private final int client;
        private final long bytes;
        private Tensor memory;
        private StateFiles.Place place;

        private Stored(int client, Tensor memory) {
            this.client = client;
            this.bytes = memory.numel();
            this.memory = memory;
        }
    }

    /**
     * An empty store.
     *
     * @param limit the bytes that may be in memory
     * @param files takes the others
     */
    StateStore(long limit, StateFiles files) {
        this.limit = limit;
        this.files = files;
    }

    /**
     * Takes over a state's bytes, also if it throws.
     *
     * @throws IllegalStateException if a state has to be written to a file and cannot
     */
    Stored put(int client, Tensor bytes) {
        Stored added = new Stored(client, bytes);
        try {
            makeRoom(added.bytes);
            if (memoryBytes + added.bytes > limit) {
                spill(added);
            } else {
                inMemory.add(added);
                memoryBytes += added.bytes;
            }
            return added;
        } catch (RuntimeException | Error failure) {
            bytes.close();
            throw failure;
        }
    }

    private void makeRoom(long bytes) {
        Iterator<Stored> leastUsed = inMemory.iterator();
        while (bytes <= limit && memoryBytes + bytes > limit) {
            Stored victim = leastUsed.next();
            spill(victim);
            leastUsed.remove();
            memoryBytes -= victim.bytes;
        }
    }

    private void spill(Stored state) {
        state.place = files.write(state.client, state.memory);
        state.memory.close();
        state.memory = null;
        diskBytes += state.bytes;
    }

    /**
     * What gives a state's bytes, which the caller then owns; from any thread, even while others are put. It throws
     * IllegalStateException if they were in the file and cannot be read.
     */
    Supplier<Tensor> reader(Stored state) {
        if (state.memory == null) {
            StateFiles.Place place = state.place;
            return () -> files.read(state.client, place);
        }
        inMemory.remove(state);
        inMemory.add(state);
        Tensor alias = Tensors.alias(state.memory);
        return () -> alias;
    }

    /** Frees a state. */
    void remove(Stored state) {
        if (state.memory == null) {
            diskBytes -= state.bytes;
            files.free(state.place);
        } else {
            inMemory.remove(state);
            memoryBytes -= state.bytes;
            state.memory.close();
        }
    }

    /** The bytes of the states in memory. */
    long memoryBytes() {
        return memoryBytes;
    }

    /** The bytes of the states in files. */
    long diskBytes() {
        return diskBytes;
    }

    /** Frees all states. */
    @Override
    public void close() {
        inMemory.forEach(state -> state.memory.close());
        inMemory.clear();
        memoryBytes = 0;
        diskBytes = 0;
        files.close();
    }
}
