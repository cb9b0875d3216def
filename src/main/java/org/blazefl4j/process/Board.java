package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.blazefl4j.binding.AreaLayout;
import org.blazefl4j.binding.JobBoard;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.util.RefCounted;

/**
 * The job board that a pool and its workers share: who does what, and the areas in which messages lie. Its protocol is
 * described in {@code native/include/bfl_board.h}.
 *
 * <p>Whoever may still be in a method keeps the board open; see {@link RefCounted}.
 */
final class Board implements AutoCloseable {

    /** States of a lane. */
    static final int FREE = JobBoard.LANE_FREE;

    static final int READY = JobBoard.LANE_READY;
    static final int CLAIMED = JobBoard.LANE_CLAIMED;
    static final int DONE = JobBoard.LANE_DONE;
    static final int FAILED = JobBoard.LANE_FAILED;
    static final int LOST = JobBoard.LANE_LOST;

    /** What {@link #claim} says when there is no lane. */
    static final int NOTHING = -1;

    static final int SHUT_DOWN = -2;

    /** Reasons for clients to end early: the stop event, and the end of the round or of the pool. */
    static final int STOP_EVENT = 1;

    static final int ROUND_ENDS = 2;
    static final int ANY_REASON = STOP_EVENT | ROUND_ENDS;

    private static final int ESHUTDOWN = -108;
    private static final int EAGAIN = -11;
    private static final int EPROTO = -71;
    private static final int ESTALE = -116;
    private static final int ENOENT = -2;

    private final Segment segment;
    private final long handle;
    private boolean closed;

    /** What a worker has said of itself. */
    enum Status {
        STARTING(JobBoard.WORKER_STARTING),
        READY(JobBoard.WORKER_READY),
        REFUSED(JobBoard.WORKER_REFUSED);

        private final int number;

        Status(int number) {
            this.number = number;
        }

        static Status of(int number) {
            return Stream.of(values())
                    .filter(status -> status.number == number)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** A part of the board that holds one message. */
    record Area(Segment segment, long offset, int bytes) {

        /** A part of it. */
        Area part(int from, int length) {
            return new Area(segment, offset + from, length);
        }

        /** Some of its bytes. */
        ByteBuffer view(int from, int length) {
            return SegmentMemory.view(segment, offset + from, length);
        }
    }

    private Board(Segment segment, long handle) {
        this.segment = segment;
        this.handle = handle;
    }

    /**
     * Makes a board.
     *
     * @param spins how often who waits looks before it sleeps
     */
    static Board create(int workers, int lanes, int spins) {
        Segment segment = Segment.create(checked(JobBoard.bytes(workers, lanes, AreaLayout.AREA_BYTES)));
        checked(JobBoard.create(segment.address(), segment.bytes(), workers, lanes, AreaLayout.AREA_BYTES, spins));
        return new Board(segment, checked(JobBoard.open(segment.address(), segment.bytes())));
    }

    /**
     * Opens the parent's board in a worker, which cannot write to what only the parent writes.
     *
     * @throws IllegalStateException if there is none
     */
    static Board open(SegmentHandle handle) {
        Segment segment = Segment.open(handle);
        long board = JobBoard.open(segment.address(), segment.bytes());
        if (board < 0) {
            segment.close();
            throw new IllegalStateException("no job board of this version: segment=" + handle
                    + ", limit=one version of the library in parent and workers");
        }
        checked(JobBoard.protect(board));
        return new Board(segment, board);
    }

    /** Worker: has a write to read-only shared memory end this process, noted on the board. */
    void trapWrites(int worker) {
        checked(JobBoard.trapWrites(handle, worker));
    }

    /** Parent: where the worker, which has ended, wrote to read-only shared memory; null if it did not. */
    ForbiddenWrite forbiddenWrite(int worker) {
        long file = checked(JobBoard.writtenFile(handle, worker));
        return file == 0 ? null : new ForbiddenWrite(file, checked(JobBoard.writtenOffset(handle, worker)));
    }

    SegmentHandle handle() {
        return segment.handle();
    }

    long bytes() {
        return segment.bytes();
    }

    int workers() {
        return JobBoard.workers(handle);
    }

    int lanes() {
        return JobBoard.lanes(handle);
    }

    Area setupArea() {
        return area(JobBoard.setupArea(handle));
    }

    Area roundArea() {
        return area(JobBoard.roundArea(handle));
    }

    Area workerArea(int worker) {
        return area(checked(JobBoard.workerArea(handle, worker)));
    }

    /** Where a job's order and configuration lie. */
    Area configArea(int lane) {
        return jobArea(lane).part(0, AreaLayout.AREA_HALF_BYTES);
    }

    /** Where a job's extension lies. */
    Area extensionArea(int lane) {
        return jobArea(lane).part(AreaLayout.AREA_HALF_BYTES, AreaLayout.AREA_HALF_BYTES);
    }

    private Area jobArea(int lane) {
        return area(checked(JobBoard.jobArea(handle, lane)));
    }

    Area resultArea(int lane) {
        return area(checked(JobBoard.resultArea(handle, lane)));
    }

    private Area area(long start) {
        return new Area(segment, start - segment.address(), JobBoard.areaBytes(handle));
    }

    long word(int lane) {
        return JobBoard.word(handle, lane);
    }

    /** The lane's word after a commit of this claim. */
    static long committed(long claimed, int state) {
        return claimed & ~JobBoard.WORD_STATE_MASK | state;
    }

    /** What stays the same from a claim of the lane until it is dealt again. */
    static long claim(long word) {
        return word >>> JobBoard.WORD_WORKER_BIT;
    }

    static int state(long word) {
        return (int) (word & JobBoard.WORD_STATE_MASK);
    }

    static int worker(long word) {
        return (int) (word >>> JobBoard.WORD_WORKER_BIT & JobBoard.WORD_WORKER_MASK);
    }

    static int attempt(long word) {
        return (int) (word >>> JobBoard.WORD_ATTEMPT_BIT & JobBoard.WORD_ATTEMPT_MASK);
    }

    static int message(long word) {
        return (int) (word >>> JobBoard.WORD_ROUND_BIT);
    }

    /** Parent: lets workers claim the job that lies in the lane's area, of the round with this message. */
    void deal(int lane, int message, int attempt) {
        checked(JobBoard.deal(handle, lane, message, attempt));
        JobBoard.announce(handle, 1);
    }

    /** Parent: where workers look for work first. */
    void head(int lane) {
        checked(JobBoard.setHead(handle, lane));
    }

    /** Parent: waits a while for the lane's job to end, or for any failure; returns the lane's state. */
    int await(int lane, int millis) {
        return checked(JobBoard.await(handle, lane, millis));
    }

    /** Parent: waits a while for news of workers. */
    void awaitAlert(int millis) {
        JobBoard.awaitAlert(handle, millis);
    }

    /** Parent: ends all waits of its threads. */
    void alert() {
        JobBoard.alert(handle);
    }

    /** Parent: the lane of the oldest failed or lost job, or {@link #NOTHING}. */
    int failure() {
        int lane = JobBoard.failure(handle);
        return lane == ENOENT ? NOTHING : lane;
    }

    /** Parent: makes the lane free. False if a worker has it, or it is free. */
    boolean release(int lane) {
        return JobBoard.release(handle, lane) == 0;
    }

    /** Parent: gives up what the worker had claimed, after its process was waited for. */
    void lose(int worker) {
        checked(JobBoard.lose(handle, worker));
    }

    /** Parent: tells workers to end. */
    void shutDown() {
        JobBoard.shutDown(handle);
    }

    /**
     * What the worker has said.
     *
     * @throws IllegalStateException if another process wrote something else there
     */
    Status status(int worker) {
        int status = JobBoard.workerStatus(handle, worker);
        if (status == EPROTO) {
            throw new IllegalStateException("job board damaged: worker=" + worker
                    + ", limit=a status that there is; look for a client that writes where it must not");
        }
        return Status.of(checked(status));
    }

    long beats(int worker) {
        return checked(JobBoard.beats(handle, worker));
    }

    /** Worker: says what became of its start. */
    void hello(int worker, Status status) {
        checked(JobBoard.hello(handle, worker, status.number));
    }

    /** Worker: claims the oldest job, waiting a while for one. The lane, {@link #NOTHING} or {@link #SHUT_DOWN}. */
    int claim(int worker, int millis) {
        int lane = JobBoard.claim(handle, worker, millis);
        if (lane == ESHUTDOWN) {
            return SHUT_DOWN;
        }
        return lane == EAGAIN ? NOTHING : checked(lane);
    }

    /**
     * Worker: ends its claim as {@link #DONE} or {@link #FAILED}.
     *
     * @param claimed the lane's word as it was after the claim
     * @return false if the claim is no longer this worker's
     */
    boolean commit(int lane, long claimed, int state) {
        int result = JobBoard.commit(handle, lane, claimed, state);
        if (result == ESTALE) {
            return false;
        }
        checked(result);
        return true;
    }

    /** Gives clients a reason to end early, or takes it back. */
    void stop(int reason, boolean on) {
        checked(JobBoard.setStop(handle, reason, on ? 1 : 0));
    }

    /** Worker: whether the parent has yet to take something that it committed. */
    boolean hasResultsOf(int worker) {
        for (int lane = 0; lane < lanes(); lane++) {
            long word = word(lane);
            if ((state(word) == DONE || state(word) == FAILED) && worker(word) == worker) {
                return true;
            }
        }
        return false;
    }

    boolean isStopped(int reasons) {
        return (JobBoard.stop(handle) & reasons) != 0;
    }

    boolean isShutDown() {
        return JobBoard.isShutDown(handle) != 0;
    }

    void beat(int worker) {
        JobBoard.beat(handle, worker);
    }

    private static int checked(int result) {
        return (int) checked((long) result);
    }

    private static long checked(long result) {
        if (result < 0) {
            throw new IllegalStateException("job board refused a call: errno=" + -result);
        }
        return result;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            JobBoard.close(handle);
            segment.close();
        }
    }
}
