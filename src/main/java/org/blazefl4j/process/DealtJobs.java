package org.blazefl4j.process;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.blazefl4j.cuda.DeviceSlot;
import org.blazefl4j.shm.Segment;
import org.blazefl4j.shm.SegmentHandle;
import org.blazefl4j.shm.Slot;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.RoundWork;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a round on the board's lanes. For the thread of the round.
 *
 * <p>Each dealt job has a lane and a slot, and dealing runs ahead of hand-over by at most their number. Jobs are dealt
 * to lanes in turn; a lane whose job takes long is passed over, but not one whose job no worker has claimed yet, so
 * jobs start in the order in which they were dealt. In list order all lanes are passed on in turn, so none is passed
 * over. A retried job keeps lane and slot: the lane's word tells attempts apart, and a lost worker can no longer write
 * to the slot. To a slot on a device it may: work that it has queued there may go on, so the job gets another one.
 */
final class DealtJobs {

    /** The jobs dealt per worker from which several are awaited together. */
    private static final int MANY_PER_WORKER = 4;

    private final PoolParts pool;
    private final Board board;
    private final RoundWork<?, ?, ?> work;
    private final int size;
    private final Message.Round message;

    /** False for work between rounds, whose results have no tensors and need no slots. */
    private final boolean needSlots;

    private final @Nullable Job[] byLane;
    private int dealt;
    private int passed;

    /** The lane that was dealt last. */
    private int last;

    /** The lane where claims begin: none up to the one dealt last has an older job to claim. */
    private int first;

    /** A dealt job and what it needs to be dealt again. */
    static final class Job {
        final int index;
        final ClientJob client;
        final @Nullable Object config;
        final @Nullable Slot slot;
        private @Nullable DeviceSlot onDevice;
        private boolean abandoned;
        private int attempt;

        Job(int index, ClientJob client, @Nullable Object config, @Nullable Slot slot, @Nullable DeviceSlot onDevice) {
            this.index = index;
            this.client = client;
            this.config = config;
            this.slot = slot;
            this.onDevice = onDevice;
        }

        /** Returns the slot for its result on the client's device, or null if it has none. */
        @Nullable
        DeviceSlot onDevice() {
            return onDevice;
        }

        /** Notes that the client's process may still write to its slot on a device. */
        void abandonDevice() {
            abandoned = true;
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
        this.last = board.lanes() - 1;
        board.head(first);
    }

    /** Counts one more job as handed over or dropped. */
    void pass() {
        passed++;
    }

    /** Returns the number of jobs that were handed over or dropped: in list order the position of the next one. */
    int passed() {
        return passed;
    }

    /** Returns the number of jobs dealt and not passed. */
    int outstanding() {
        return dealt - passed;
    }

    /** Returns the lane of the next job in list order, in which no lane is passed over. */
    int nextLane() {
        return passed % board.lanes();
    }

    /**
     * Returns the lane of the job half-way to the last one, to wait for it, so that one wake-up serves several clients:
     * if all cores are busy, each wake-up takes a core from a worker and starts with cold caches. Returns
     * {@link Board#NOTHING} if there are few jobs, that job has ended, or the last one has been claimed, because
     * workers need more.
     */
    int halfWay() {
        if (outstanding() < MANY_PER_WORKER * board.workers() || state(last) != Board.READY) {
            return Board.NOTHING;
        }
        int half = Math.floorMod(last - (outstanding() - 1) / 2, board.lanes());
        int state = state(half);
        return state == Board.READY || state == Board.CLAIMED ? half : Board.NOTHING;
    }

    /** Returns the lanes with jobs, in the order of their positions. */
    List<Integer> lanes() {
        List<Integer> lanes = new ArrayList<>();
        for (int lane = 0; lane < byLane.length; lane++) {
            if (byLane[lane] != null) {
                lanes.add(lane);
            }
        }
        lanes.sort(Comparator.comparing(lane -> get(lane).index));
        return lanes;
    }

    int state(int lane) {
        return Board.state(board.word(lane));
    }

    /** Returns the job in a lane, which was dealt and not freed. */
    Job get(int lane) {
        Job job = byLane[lane];
        if (job == null) {
            throw new IllegalStateException("no job in this lane: lane=" + lane + ", expected=one that was dealt");
        }
        return job;
    }

    /**
     * Deals jobs while there is room.
     *
     * @param addSlots whether to add slots that workers need; else only free ones are used
     */
    void deal(boolean addSlots) {
        while (mayDeal()) {
            int lane = freeLane();
            if (lane == Board.NOTHING) {
                break;
            }
            Slot slot = null;
            if (needSlots) {
                slot = addSlots
                        ? pool.slots().takeBeside(outstanding(), board.workers())
                        : pool.slots().take();
                if (slot == null) {
                    break;
                }
            }
            if (!deal(lane, slot, addSlots)) {
                break;
            }
        }
        moveHead();
    }

    /** Returns the next free lane after the one dealt last, unless an unclaimed job lies before it. */
    private int freeLane() {
        int lane = after(last);
        while (byLane[lane] != null) {
            if (state(lane) == Board.READY) {
                return Board.NOTHING;
            }
            lane = after(lane);
        }
        return lane;
    }

    private int after(int lane) {
        return (lane + 1) % board.lanes();
    }

    private void moveHead() {
        int before = first;
        while (first != last && state(first) != Board.READY) {
            first = after(first);
        }
        if (first != before) {
            board.head(first);
        }
    }

    private boolean mayDeal() {
        int most = needSlots ? Math.min(board.lanes(), pool.slots().ahead()) : board.lanes();
        return dealt < size
                && outstanding() < most
                && (outstanding() <= board.workers() || pool.states().leavesRoomFor(outstanding() + 1));
    }

    /** Deals the next job. Returns false if it waits for a slot on its device. */
    private boolean deal(int lane, @Nullable Slot slot, boolean addSlots) {
        DeviceSlot onDevice = null;
        try {
            ClientJob client = work.job(dealt);
            onDevice = onDevice(client);
            if (onDevice == null && waitsForDevice(client, addSlots)) {
                release(slot);
                return false;
            }
            byLane[lane] = new Job(dealt, client, work.config(dealt), slot, onDevice);
        } catch (Throwable usersCode) {
            release(slot);
            release(onDevice);
            throw usersCode;
        }
        dealt++;
        last = lane;
        send(lane);
        return true;
    }

    /** Returns whether hand-over will free a slot on a device. If workers would idle, the result goes to the host. */
    private boolean waitsForDevice(ClientJob client, boolean addSlots) {
        boolean wouldIdle = outstanding() < Math.min(pool.slots().initial(), board.workers() + 1);
        return needSlots && pool.devices().areInUse(client.device()) && !(addSlots && wouldIdle);
    }

    private @Nullable DeviceSlot onDevice(ClientJob client) {
        return needSlots ? pool.devices().take(client.device()) : null;
    }

    private void send(int lane) {
        Job job = get(lane);
        try (Message.Job content = content(lane, job)) {
            pool.channel().send(lane, job.client, job.slot, job.onDevice, content);
        }
        board.deal(lane, message.number(), job.attempt);
    }

    private Message.Job content(int lane, Job job) {
        try (Tensor committed = work.state(job.index)) {
            Tensor state = committed == null ? null : pool.states().place(lane, committed);
            return new Message.Job(job.config, state, room(lane), null);
        } catch (IllegalStateException e) {
            return new Message.Job(job.config, null, null, String.valueOf(e.getMessage()));
        }
    }

    /** Returns where a client that is trained may leave its state. */
    private @Nullable SegmentHandle room(int lane) {
        Segment room = needSlots ? pool.states().room(lane) : null;
        return room == null ? null : room.handle();
    }

    /** Deals a job again that failed. */
    void retry(int lane) {
        Job job = get(lane);
        boolean retired = retireLost(lane, job);
        board.release(lane);
        job.attempt++;
        if (retired) {
            job.onDevice = onDevice(job.client);
        }
        send(lane);
        first = lane;
        board.head(first);
    }

    /** Frees a lane, and the slot and state of its job. */
    void free(int lane) {
        Job job = byLane[lane];
        if (job != null) {
            retireLost(lane, job);
        }
        board.release(lane);
        if (job != null) {
            release(job.slot);
            release(job.onDevice);
            pool.states().release(lane);
            byLane[lane] = null;
        }
    }

    /** Gives up a job's slot on a device if its process is lost. Returns whether it did. */
    private boolean retireLost(int lane, Job job) {
        DeviceSlot slot = job.onDevice;
        if (slot == null) {
            return false;
        }
        int state = state(lane);
        if (!job.abandoned && state != Board.LOST && state != Board.CLAIMED) {
            return false;
        }
        pool.devices().retire(slot);
        job.onDevice = null;
        job.abandoned = false;
        return true;
    }

    private void release(@Nullable Slot slot) {
        if (slot != null) {
            pool.slots().release(slot);
        }
    }

    private void release(@Nullable DeviceSlot slot) {
        if (slot != null) {
            pool.devices().release(slot);
        }
    }

    /** Takes back the jobs that no worker has claimed. */
    void withdraw() {
        for (int lane : lanes()) {
            if (state(lane) == Board.READY) {
                board.release(lane);
            }
        }
    }
}
