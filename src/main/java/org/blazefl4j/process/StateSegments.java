package org.blazefl4j.process;

import java.util.ArrayDeque;
import java.util.Deque;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.codec.TensorLayout;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The shared memory that carries clients' states to workers and back: a segment for each outstanding job, once a client
 * has kept a state. Reuses segments, because it takes long to make one. For the thread of the round.
 */
final class StateSegments implements AutoCloseable {

    /** The largest state in a message. A larger one would enlarge the lane's outbox for good. */
    private static final long IN_MESSAGE = 1 << 16;

    /** Beyond this memory, only as many states are on their way as workers need. */
    private static final long ENOUGH_BYTES = 64L << 20;

    private final SharedMemoryMap map;
    private final @Nullable Segment[] byLane;
    private final Deque<Segment> free = new ArrayDeque<>();
    private long largest;
    private volatile long bytes;

    /**
     * Creates no segment yet.
     *
     * @param map receives the segments, so that states cross without another copy
     */
    StateSegments(int lanes, SharedMemoryMap map) {
        this.byLane = new @Nullable Segment[lanes];
        this.map = map;
    }

    /**
     * Returns whether this many clients may be outstanding. Assumes that every state is as large as the largest so far.
     */
    boolean leavesRoomFor(int clients) {
        return largest * clients <= ENOUGH_BYTES;
    }

    /** Records the size of a state. */
    void noteSize(long stateBytes) {
        largest = Math.max(largest, stateBytes);
    }

    /**
     * Copies a state to the memory of a lane.
     *
     * @param state the state, which the caller keeps
     * @return the tensor to send, which the caller owns
     * @throws IllegalStateException if there is too little shared memory
     */
    Tensor place(int lane, Tensor state) {
        TensorLayout layout = TensorLayout.of(state);
        release(lane);
        noteSize(layout.bytes());
        if (layout.bytes() <= IN_MESSAGE) {
            return Tensors.alias(state);
        }
        Segment segment = take(largest);
        byLane[lane] = segment;
        TensorMemory.copy(state, layout, segment, 0);
        return Retained.free(() -> segment.tensor(0, layout));
    }

    private Segment take(long needed) {
        Segment segment = free.poll();
        if (segment != null && segment.bytes() >= needed) {
            return segment;
        }
        if (segment != null) {
            drop(segment); // states have grown
        }
        Segment created = Segment.create(needed);
        map.add(created);
        bytes += created.bytes();
        return created;
    }

    private void drop(Segment segment) {
        map.remove(segment.address());
        bytes -= segment.bytes();
        segment.close();
    }

    /** Frees the memory of a lane whose job has ended. */
    void release(int lane) {
        Segment segment = byLane[lane];
        if (segment != null) {
            free.push(segment);
            byLane[lane] = null;
        }
    }

    /**
     * Returns the memory of a lane in which its client may leave a state, of which there may be too little: none before
     * the first client has kept a state, or if there is too little shared memory.
     */
    @Nullable
    Segment room(int lane) {
        if (byLane[lane] == null && largest > 0) {
            try {
                byLane[lane] = take(largest);
            } catch (IllegalStateException noMemory) {
                return null; // the worker tries again, and reports it if it needs the memory
            }
        }
        return byLane[lane];
    }

    /** Returns the memory of a lane, if it has some. */
    @Nullable
    Segment of(int lane) {
        return byLane[lane];
    }

    /** Returns the memory of all segments in bytes. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        for (int lane = 0; lane < byLane.length; lane++) {
            release(lane);
        }
        free.forEach(Segment::close);
        free.clear();
    }
}
