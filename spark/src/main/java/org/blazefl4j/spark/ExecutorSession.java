package org.blazefl4j.spark;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.PackageSum;
import org.blazefl4j.spark.Messages.Job;
import org.blazefl4j.spark.Messages.Jobs;
import org.blazefl4j.spark.Messages.RangeResult;
import org.blazefl4j.spark.Messages.TaskResult;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.ResourceStack;
import org.blazefl4j.worker.RemoteError;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What one trainer of the driver has in this executor: shared tensors, the current round and, for each task that runs
 * at the same time, a trainer of this process and memory for results. Lives until the driver's trainer is closed or the
 * executor ends.
 */
final class ExecutorSession {

    private static final Map<String, ExecutorSession> SESSIONS = new ConcurrentHashMap<>();

    /** The sessions that ended last, which a task that starts late must not begin again. */
    private static final EndedSessions ENDED = new EndedSessions();

    private static final String DRIVER = "driver";

    private final ClassLoader loader = Thread.currentThread().getContextClassLoader();
    private final Map<Long, Tensor> blocks = new HashMap<>();
    private final Deque<InnerTrainer> idle = new ArrayDeque<>();
    private final KeptSums sums = new KeptSums();
    private final TensorPool memory = new TensorPool();
    private @Nullable OpenRound round;
    private int running;
    private boolean closed;

    private ExecutorSession(String name) {
        if (ENDED.contains(name)) {
            throw new IllegalStateException("trainer is closed: session=" + name + ", expected=no more tasks");
        }
        if (!SparkEnv.get().executorId().equals(DRIVER)) {
            LibTorch.tune(); // the process is Spark's, and has no other work
        }
        LibTorch.load();
    }

    /** A decoded round, which is closed with the last task that uses it. */
    private static final class OpenRound {

        private final int number;
        private final Messages.Round message;
        private int users;
        private boolean over;

        OpenRound(int number, Messages.Round message) {
            this.number = number;
            this.message = message;
        }

        void closeIfUnused() {
            if (over && users == 0) {
                TensorWalk.closeAll(message);
            }
        }
    }

    /**
     * Returns the session of a trainer, begun at the first call.
     *
     * @throws IllegalStateException if it has ended
     */
    static ExecutorSession of(String name) {
        return SESSIONS.computeIfAbsent(name, ExecutorSession::new);
    }

    /** Returns the names of the open sessions. */
    static Set<String> names() {
        return Set.copyOf(SESSIONS.keySet());
    }

    /** Ends a session, if there is one, once its tasks have ended. It does not begin again. */
    static void close(String name) {
        ENDED.add(name);
        ExecutorSession session = SESSIONS.remove(name);
        if (session != null) {
            session.close();
            ArrayPool.OF_PROCESS.clear();
        }
    }

    /**
     * Runs a task. What goes wrong is in the result.
     *
     * @param slices gets the ranges of the sum if it is cut, and is in no result then
     */
    TaskResult run(RoundTask task, int number, TaskContext context, List<byte[]> slices) {
        String executor = SparkEnv.get().executorId();
        OpenRound open = null;
        try {
            open = enter(task);
            String refusal = refusal(open.message);
            if (refusal != null) {
                return new TaskResult(number, executor, List.of(), null, false, refusal, null);
            }
            try (OutcomeCollector outcomes =
                    new OutcomeCollector(open.message.sum(), sums, arrays(task.ranges() == 0), Parcel.MOST_BYTES)) {
                train(task, number, context, open.message, outcomes);
                if (task.ranges() > 0) {
                    slices.addAll(outcomes.slices(task.ranges()));
                }
                PooledBytes total = slices.isEmpty() ? outcomes.total() : null;
                return new TaskResult(number, executor, outcomes.outcomes(), total, !slices.isEmpty(), null, null);
            }
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            byte[] error = Parcel.encode("error", RemoteError.of(e));
            return new TaskResult(number, executor, List.of(), null, false, null, error);
        } finally {
            leave(open);
        }
    }

    /**
     * Adds ranges of sums up. What goes wrong is in the result, except that Spark must repeat what it lost.
     *
     * @param tasks whose ranges were taken
     */
    RangeResult merge(RoundTask task, int range, Iterator<byte[]> slices, Set<Integer> tasks) {
        String executor = SparkEnv.get().executorId();
        OpenRound open = null;
        try {
            open = enter(task);
            return new RangeResult(range, executor, tasks, merge(open.message, slices), null);
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            return new RangeResult(range, executor, tasks, null, Parcel.encode("error", RemoteError.of(e)));
        } finally {
            leave(open);
        }
    }

    private @Nullable PooledBytes merge(Messages.Round message, Iterator<byte[]> slices) {
        if (!slices.hasNext()) {
            return null;
        }
        Iterator<Object> totals = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return slices.hasNext();
            }

            @Override
            public Object next() {
                byte[] slice = slices.next();
                return Objects.requireNonNull(Parcel.decode(slice, slice.length, loader, memory::take));
            }
        };
        Object total = ((PackageSum.Divisible<?>) Objects.requireNonNull(message.sum())).merge(totals);
        try {
            return Parcel.encodeSum("range of a sum", total, arrays(true));
        } finally {
            TensorWalk.closeAll(total);
        }
    }

    /**
     * Returns where a result's arrays are from. An accumulator may be written by heartbeats, too, and keeps its own.
     */
    private static ArrayPool arrays(boolean returned) {
        return returned && TaskJob.returnsResults() ? ArrayPool.OF_PROCESS : ArrayPool.NONE;
    }

    private synchronized OpenRound enter(RoundTask task) {
        if (closed) {
            throw new IllegalStateException("trainer is closed: round=" + task.number() + ", expected=no more tasks");
        }
        OpenRound open = round;
        if (open == null || open.number != task.number()) {
            endRound();
            mapBlocks(task.blocks());
            open = new OpenRound(
                    task.number(),
                    Parcel.decode(task.round().bytes(), loader, this::block, memory::take, Messages.Round.class));
            round = open;
        }
        running++;
        open.users++;
        return open;
    }

    private void endRound() {
        OpenRound last = round;
        round = null;
        if (last != null) {
            last.over = true;
            last.closeIfUnused();
        }
    }

    private synchronized void leave(@Nullable OpenRound open) {
        if (open != null) {
            open.users--;
            open.closeIfUnused();
            running--;
            freeIfOver();
        }
    }

    /** Copies blocks to native memory, each once. */
    private void mapBlocks(List<SharedBlock> all) {
        for (SharedBlock block : all) {
            blocks.computeIfAbsent(
                    block.number(),
                    none -> Parcel.tensor(
                            block.pieces().stream().map(Broadcast::value).toList(), block.bytes()));
        }
    }

    private synchronized Tensor block(long number) {
        Tensor block = blocks.get(number);
        if (block == null) {
            throw new IllegalStateException("no such block: block=" + number + ", expected=" + blocks.keySet());
        }
        return block;
    }

    /**
     * Applies the driver's settings to this thread. Returns why results would differ from the driver's all the same.
     */
    private static @Nullable String refusal(Messages.Round round) {
        NumericEnvironment drivers = round.environment();
        drivers.applySettings();
        try (IntraOpThreads scope = IntraOpThreads.scope(round.settings().intraOpThreads())) {
            List<String> differences = drivers.differences(NumericEnvironment.capture());
            return differences.isEmpty() ? null : String.join("; ", differences);
        }
    }

    private void train(
            RoundTask task, int number, TaskContext context, Messages.Round message, OutcomeCollector outcomes)
            throws Exception {
        List<Job> jobs = Parcel.decode(
                        task.inputs().get(number).bytes(), loader, this::block, Parcel::empty, Jobs.class)
                .jobs();
        try {
            InnerTrainer trainer = borrow(task, message, context.cpus());
            boolean sound = false;
            try (StopWatcher watcher = new StopWatcher(context, trainer.stopEvent())) {
                trainer.run(message, jobs, outcomes, context::isInterrupted);
                sound = true;
            } finally {
                giveBack(trainer, sound);
            }
        } finally {
            TensorWalk.closeAll(jobs);
        }
    }

    private InnerTrainer borrow(RoundTask task, Messages.Round message, int workers) throws Exception {
        InnerTrainer trainer;
        synchronized (this) {
            trainer = idle.poll();
        }
        if (trainer == null) {
            trainer = new InnerTrainer(message, task.inner(), workers, loader);
        }
        try {
            List<Tensor> all;
            synchronized (this) {
                all = List.copyOf(blocks.values());
            }
            trainer.share(all, message.shared());
            return trainer;
        } catch (RuntimeException | Error e) {
            trainer.close();
            throw e;
        }
    }

    private void giveBack(InnerTrainer trainer, boolean sound) {
        synchronized (this) {
            if (sound && !closed) {
                trainer.stopEvent().clear();
                idle.push(trainer);
                return;
            }
        }
        trainer.close();
    }

    private synchronized void close() {
        closed = true;
        endRound();
        freeIfOver();
    }

    private void freeIfOver() {
        if (closed && running == 0) {
            try (ResourceStack resources = new ResourceStack()) {
                blocks.values().forEach(resources::add);
                resources.add(memory);
                resources.add(sums);
                idle.forEach(resources::add);
            }
            blocks.clear();
            idle.clear();
        }
    }
}
