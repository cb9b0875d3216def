package org.blazefl4j.spark;

import java.io.Serializable;
import java.util.List;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.spark.Messages.Job;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.worker.ClientJob;
import org.blazefl4j.worker.FailureRules;
import org.blazefl4j.worker.RoundWork;
import org.blazefl4j.worker.SideWork;
import org.blazefl4j.worker.UplinkBuffers;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a task, as one of an executor's trainers runs them. Decides nothing: the first failure ends the work,
 * and the driver learns of it. What becomes of packages is up to an {@link OutcomeCollector}.
 */
final class TaskWork implements RoundWork<Object, Object, Object> {

    /** Results in memory at a time, beyond workers, of work between rounds, which has no tensors. */
    private static final int SIDE_SLOTS = 64;

    private final Messages.Round round;
    private final ClientWorker<Object, Object, Object> function;
    private final @Nullable UplinkBuffers<Object> buffers;
    private final List<Job> jobs;
    private final List<Integer> ids;
    private final OutcomeCollector outcomes;

    /**
     * Creates the work.
     *
     * @param function the worker function, or that of work between rounds
     * @param buffers the trainer's memory for results
     */
    TaskWork(
            Messages.Round round,
            ClientWorker<Object, Object, Object> function,
            UplinkBuffers<Object> buffers,
            List<Job> jobs,
            OutcomeCollector outcomes) {
        this.round = round;
        this.function = function;
        this.buffers = round.side() == null ? buffers : null;
        this.jobs = jobs;
        this.ids = jobs.stream().map(Job::client).toList();
        this.outcomes = outcomes;
    }

    @Override
    public int round() {
        return round.round();
    }

    @Override
    public List<Integer> ids() {
        return ids;
    }

    @Override
    public ClientWorker<Object, Object, Object> function() {
        return function;
    }

    @Override
    public @Nullable SideWork side() {
        return round.side();
    }

    @Override
    public @Nullable Serializable sideFunction() {
        return round.side() == null ? null : function;
    }

    @Override
    @SuppressWarnings("NullAway") // it is null only if the caller of Workers.map made it null
    public Object payload() {
        return round.payload();
    }

    @Override
    public ClientJob job(int index) {
        Job job = jobs.get(index);
        return new ClientJob(job.client(), round.round(), job.device(), round.side());
    }

    @Override
    @SuppressWarnings("NullAway") // it is null only if the algorithm made it null
    public Object config(int index) {
        return jobs.get(index).config();
    }

    @Override
    public @Nullable UplinkBuffers<Object> buffers() {
        return buffers;
    }

    @Override
    public int slots() {
        return buffers == null ? SIDE_SLOTS : buffers.slots();
    }

    @Override
    public FailureRules rules() {
        return new FailureRules(0, false, round.refuseNonFinite() ? NonFinitePolicy.FAIL : NonFinitePolicy.WARN);
    }

    @Override
    public ClientFailedException failure(int index, int worker, @Nullable String reason, @Nullable Throwable cause) {
        outcomes.failed(jobs.get(index).index(), worker, reason, cause);
        return new ClientFailedException(ids.get(index), round.round(), worker, reason, cause);
    }

    @Override
    public @Nullable Tensor state(int index) {
        Job job = jobs.get(index);
        if (job.stateFailure() != null) {
            throw new IllegalStateException(job.stateFailure());
        }
        return job.state() == null ? null : Tensors.alias(job.state());
    }

    @Override
    public void stage(int index, Tensor state) {
        outcomes.state(jobs.get(index).index(), state);
    }

    @Override
    public void nonFinite(int index) {
        outcomes.nonFinite(jobs.get(index).index());
    }

    @Override
    public void keep(int index, Object uplink) {
        outcomes.add(List.of(jobs.get(index)), List.of(uplink));
    }
}
