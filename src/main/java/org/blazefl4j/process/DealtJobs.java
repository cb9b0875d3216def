package org.blazefl4j.process;

import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.RoundWork;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a round on the board's lanes. For the thread of the round.
 *
 * <p>Job {@code j} has lane {@code j % lanes}. Each dealt job has a slot, so the next job to hand over has one, and
 * dealing runs ahead of hand-over by at most the number of lanes and slots. A retried job keeps both: the lane's word
 * tells attempts apart, and a lost worker can no longer write to the slot.
 */
final class DealtJobs {

    private final PoolParts pool;
    private final Board board;
    private final RoundWork<?, ?, ?> work;
    private final int size;
    private final Message.Round message;

    /** False for work between rounds, whose results have no tensors and need no slots. */
    private final boolean needSlots;

    private final @Nullable Job[] byLane;
    private int head;
    private int end;

    /** A dealt job and what it needs to be dealt again. */
    static final class Job {
        final ClientJob client;
        final @Nullable Object config;
        final @Nullable Slot slot;
        private int attempt;

        Job(ClientJob client, @Nullable Object config, @Nullable Slot slot) {
            this.client = client;
            this.config = config;
            this.slot = slot;
        }
    }

    DealtJobs(PoolParts pool, RoundWork<?, ?, ?> work, Message.Round message) {
        this.pool = pool;
        this.board = pool.board();
        this.work = work;
        this.size = work.ids().size();
        this.message = message;
        this.needSlots = work.side() == null;
        this.byLane = new @Nullable Job[board.lanes()];
    }

    /** Returns the next job to hand over. */
    int head() {
        return head;
    }

    /** Hands over all jobs before a position. */
    void moveHead(int index) {
        head = index;
    }

    /** Returns the position after the last dealt job. */
    int end() {
        return end;
    }

    /** Returns the number of jobs dealt and not handed over. */
    int outstanding() {
        return end - head;
    }

    int lane(int index) {
        return index % board.lanes();
    }

    /** Returns the position of the outstanding job in a lane. */
    int index(int lane) {
        return head + Math.floorMod(lane - lane(head), board.lanes());
    }

    long word(int index) {
        return board.word(lane(index));
    }

    int state(int index) {
        return Board.state(word(index));
    }

    /** Returns a job that was dealt and not freed. */
    Job get(int index) {
        Job job = byLane[lane(index)];
        if (job == null) {
            throw new IllegalStateException("no job in its lane: index=" + index + ", expected=one that was dealt");
        }
        return job;
    }

    /**
     * Deals jobs while there is room.
     *
     * @param addSlots whether to add a slot if the next job to hand over has none; else only free ones are used
     */
    void deal(boolean addSlots) {
        while (mayDeal()) {
            Slot slot = null;
            if (needSlots) {
                slot = addSlots
                        ? pool.slots().takeBeside(outstanding(), board.workers())
                        : pool.slots().take();
                if (slot == null) {
                    return;
                }
            }
            deal(slot);
        }
    }

    private boolean mayDeal() {
        int most = needSlots ? Math.min(board.lanes(), pool.slots().ahead()) : board.lanes();
        return end < size
                && outstanding() < most
                && (outstanding() <= board.workers() || pool.states().leavesRoomFor(outstanding() + 1));
    }

    private void deal(@Nullable Slot slot) {
        int index = end++;
        try {
            byLane[lane(index)] = new Job(work.job(index), work.config(index), slot);
        } catch (Throwable usersCode) {
            release(slot);
            throw usersCode;
        }
        send(index);
    }

    private void send(int index) {
        int lane = lane(index);
        Job job = get(index);
        try (Message.Job content = content(index, job)) {
            pool.channel().send(lane, job.client, job.slot, content);
        }
        board.deal(lane, message.number(), job.attempt);
    }

    private Message.Job content(int index, Job job) {
        try (Tensor committed = work.state(index)) {
            Tensor state = committed == null ? null : pool.states().place(lane(index), committed);
            return new Message.Job(job.config, state, null);
        } catch (IllegalStateException e) {
            return new Message.Job(job.config, null, String.valueOf(e.getMessage()));
        }
    }

    /** Deals a job again that failed. */
    void retry(int index) {
        board.release(lane(index));
        get(index).attempt++;
        send(index);
    }

    /** Frees the lane, slot and state of a job. */
    void free(int index) {
        int lane = lane(index);
        board.release(lane);
        Job job = byLane[lane];
        if (job != null) {
            release(job.slot);
            pool.states().release(lane);
            byLane[lane] = null;
        }
    }

    private void release(@Nullable Slot slot) {
        if (slot != null) {
            pool.slots().release(slot);
        }
    }

    /** Takes back the jobs that no worker has claimed. */
    void withdraw() {
        for (int index = head; index < end; index++) {
            if (state(index) == Board.READY) {
                board.release(lane(index));
            }
        }
    }
}
