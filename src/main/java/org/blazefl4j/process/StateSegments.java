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

/**
 * The shared memory in which clients' states reach the workers, a segment for each outstanding job whose state is too
 * large for its message. Segments are used again for other clients. Used by the thread of the round.
 */
final class StateSegments implements AutoCloseable {

    /** What a message may carry by itself; more would be kept for each lane for ever. */
    private static final long IN_MESSAGE = 1 << 16;

    /** The memory of states under way beyond which there are only as many as workers need. */
    private static final long ENOUGH_BYTES = 64L << 20;

    private final SharedMemoryMap map;
    private final Segment[] byLane;
    private final Deque<Segment> free = new ArrayDeque<>();
    private long largest;
    private volatile long bytes;

    /**
     * Makes no segment yet.
     *
     * @param map learns where segments are, so that a state in one crosses without being copied again
     */
    StateSegments(int lanes, SharedMemoryMap map) {
        this.byLane = new Segment[lanes];
        this.map = map;
    }

    /**
     * Whether so many clients may be under way, whose states also come back. Nobody knows a state's size before; the
     * largest one so far stands for all.
     */
    boolean leavesRoomFor(int clients) {
        return largest * clients <= ENOUGH_BYTES;
    }

    /** Says how large a state is. */
    void noteSize(long stateBytes) {
        largest = Math.max(largest, stateBytes);
    }

    /**
     * Puts a state where the worker that claims the lane finds it.
     *
     * @param state stays the caller's
     * @return the tensor to send, which the caller also owns
     * @throws IllegalStateException if there is not enough shared memory
     */
    Tensor place(int lane, Tensor state) {
        TensorLayout layout = TensorLayout.of(state);
        release(lane);
        noteSize(layout.bytes());
        if (layout.bytes() <= IN_MESSAGE) {
            return Tensors.alias(state);
        }
        byLane[lane] = take(layout.bytes());
        TensorMemory.copy(state, layout, byLane[lane], 0);
        return Retained.free(() -> byLane[lane].tensor(0, layout));
    }

    private Segment take(long needed) {
        Segment segment = free.poll();
        if (segment != null && segment.bytes() >= needed) {
            return segment;
        }
        if (segment != null) {
            drop(segment); // states have grown
        }
        Segment made = Segment.create(needed);
        map.add(made);
        bytes += made.bytes();
        return made;
    }

    private void drop(Segment segment) {
        map.remove(segment.address());
        bytes -= segment.bytes();
        segment.close();
    }

    /** The lane's job is over. */
    void release(int lane) {
        if (byLane[lane] != null) {
            free.push(byLane[lane]);
            byLane[lane] = null;
        }
    }

    /** The memory of all segments, in bytes. */
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
