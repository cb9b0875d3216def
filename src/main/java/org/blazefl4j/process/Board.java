package org.blazefl4j.process;

import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.blazefl4j.binding.JobBoard;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.shm.Errno;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.SegmentMemory;
import org.blazefl4j.util.RefCounted;
import org.jspecify.annotations.Nullable;

/**
 * The job board that a pool and its workers share: the state of each job, and areas for messages.
 * {@code native/include/bfl_board.h} describes its protocol.
 *
 * <p>Callers keep the board open while one of its methods may run; see {@link RefCounted}.
 */
final class Board implements AutoCloseable {

    /** States of a lane. */
    static final int FREE = JobBoard.LANE_FREE;

    static final int READY = JobBoard.LANE_READY;
    static final int CLAIMED = JobBoard.LANE_CLAIMED;
    static final int DONE = JobBoard.LANE_DONE;
    static final int FAILED = JobBoard.LANE_FAILED;
    static final int LOST = JobBoard.LANE_LOST;

    /** {@link #claim} found no job. */
    static final int NOTHING = -1;

    /** {@link #claim} found that workers are to end. */
    static final int SHUT_DOWN = -2;

    /** Reasons for clients to stop early: the stop event, and the end of the round or pool. */
    static final int STOP_EVENT = 1;

    static final int ROUND_ENDS = 2;
    private static final int ANY_REASON = STOP_EVENT | ROUND_ENDS;

    private final Segment segment;
    private final long handle;
    private boolean closed;

    /** The state of a worker, as it reported. */
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

        /** Returns a view of some of its bytes. */
        ByteBuffer view(int from, int length) {
            return SegmentMemory.view(segment, offset + from, length);
        }
    }

    /**
     * A place in read-only shared memory that a worker wrote to.
     *
     * @param inode the inode of the file
     * @param offset the offset in the file
     */
    record ForbiddenWrite(long inode, long offset) {

        /** Returns whether a range of a segment contains the place. */
        boolean isWithin(SegmentHandle segment, long from, long bytes) {
            return segment.inode() == inode && offset >= from && offset < from + bytes;
        }
    }

    private Board(Segment segment, long handle) {
        this.segment = segment;
        this.handle = handle;
    }

    /**
     * Creates a board.
     *
     * @param spins how often a waiting thread polls before it sleeps
     */
    static Board create(int workers, int lanes, int spins) {
        Segment segment = Segment.create(checked(JobBoard.bytes(workers, lanes, AreaLayout.AREA_BYTES)));
        checked(JobBoard.create(segment.address(), segment.bytes(), workers, lanes, AreaLayout.AREA_BYTES, spins));
        return new Board(segment, checked(JobBoard.open(segment.address(), segment.bytes())));
    }

    /**
     * Opens the parent's board in a worker. Makes the areas that only the parent writes read-only.
     *
     * @throws IllegalStateException if there is no board of this version
     */
    static Board open(SegmentHandle handle) {
        Segment segment = Segment.open(handle);
        long board = JobBoard.open(segment.address(), segment.bytes());
        if (board < 0) {
            segment.close();
            throw new IllegalStateException("no job board of this version: segment=" + handle
                    + ", expected=the same version of the library in parent and workers");
        }
        checked(JobBoard.protect(board));
        return new Board(segment, board);
    }

    /** Worker: makes a write to read-only shared memory end this process and record the place on the board. */
    void trapWrites(int worker) {
        checked(JobBoard.trapWrites(handle, worker));
    }

    /** Parent: returns where a worker that has ended wrote to read-only memory, or null if it did not. */
    @Nullable
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

    Area jobArea(int lane) {
        return area(checked(JobBoard.jobArea(handle, lane)));
    }

    /** Returns the part of a job's area that holds its {@link JobHeader}. */
    ByteBuffer jobHeader(int lane) {
        return jobArea(lane).view(AreaLayout.JOB_OFFSET, AreaLayout.JOB_BYTES);
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

    /** Returns the word of a lane after a claim was committed. */
    static long committed(long claimed, int state) {
        return claimed & ~JobBoard.WORD_STATE_MASK | state;
    }

    /** Returns the part of a word that stays the same from a claim until the lane is dealt again. */
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

    /** Parent: lets workers claim the job in a lane, for the round with this message number. */
    void deal(int lane, int message, int attempt) {
        checked(JobBoard.deal(handle, lane, message, attempt));
        JobBoard.announce(handle, 1);
    }

    /** Parent: sets the lane that workers try first: that of the oldest unclaimed job. */
    void head(int lane) {
        checked(JobBoard.setHead(handle, lane));
    }

    /** Parent: waits for a lane's job to end or any job to fail. Returns the lane's state. */
    int await(int lane, int millis) {
        return checked(JobBoard.await(handle, lane, millis));
    }

    /** Parent: waits for any job to end. Returns the lane of one that is done, or {@link #NOTHING}. */
    int awaitAny(int millis) {
        int lane = JobBoard.awaitAny(handle, millis);
        return lane == -Errno.ENOENT ? NOTHING : checked(lane);
    }

    /** Parent: waits for a worker to report or a job to fail. */
    void awaitAlert(int millis) {
        JobBoard.awaitAlert(handle, millis);
    }

    /** Parent: wakes its waiting threads. */
    void alert() {
        JobBoard.alert(handle);
    }

    /** Parent: returns the lane of a failed or lost job, or {@link #NOTHING}. */
    int failure() {
        int lane = JobBoard.failure(handle);
        return lane == -Errno.ENOENT ? NOTHING : lane;
    }

    /** Parent: frees a lane. Returns false if a worker has claimed it or it is free. */
    boolean release(int lane) {
        return JobBoard.release(handle, lane) == 0;
    }

    /** Parent: marks a worker's claims as lost. Its process must have ended. */
    void lose(int worker) {
        checked(JobBoard.lose(handle, worker));
    }

    /** Parent: tells all workers to end. */
    void shutDown() {
        JobBoard.shutDown(handle);
    }

    /**
     * Returns what a worker reported.
     *
     * @throws IllegalStateException if the board is corrupted
     */
    Status status(int worker) {
        int status = JobBoard.workerStatus(handle, worker);
        if (status == -Errno.EPROTO) {
            throw new IllegalStateException("job board corrupted: worker=" + worker
                    + ", unknown status; a client probably wrote out of bounds");
        }
        return Status.of(checked(status));
    }

    long beats(int worker) {
        return checked(JobBoard.beats(handle, worker));
    }

    /** Worker: reports the result of its start. */
    void report(int worker, Status status) {
        checked(JobBoard.report(handle, worker, status.number));
    }

    /** Worker: claims the oldest job, or waits for one. Returns its lane, {@link #NOTHING} or {@link #SHUT_DOWN}. */
    int claim(int worker, int millis) {
        int lane = JobBoard.claim(handle, worker, millis);
        if (lane == -Errno.ESHUTDOWN) {
            return SHUT_DOWN;
        }
        return lane == -Errno.EAGAIN ? NOTHING : checked(lane);
    }

    /**
     * Worker: ends its claim as {@link #DONE} or {@link #FAILED}.
     *
     * @param claimed the lane's word after the claim
     * @return false if the worker has lost the claim
     */
    boolean commit(int lane, long claimed, int state) {
        int result = JobBoard.commit(handle, lane, claimed, state);
        if (result == -Errno.ESTALE) {
            return false;
        }
        checked(result);
        return true;
    }

    /** Sets or clears a reason for clients to stop early. */
    void stop(int reason, boolean on) {
        checked(JobBoard.setStop(handle, reason, on ? 1 : 0));
    }

    /**
     * Worker: returns the stop event of clients, which is set with the trainer's event, and when the round must end.
     */
    StopEvent stopEvent() {
        return new StopEvent() {
            @Override
            public void set() {
                stop(STOP_EVENT, true);
            }

            @Override
            public void clear() {
                stop(STOP_EVENT, false);
            }

            @Override
            public boolean isSet() {
                return isStopped(ANY_REASON);
            }
        };
    }

    /** Worker: returns whether the parent has yet to take one of its results. */
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
