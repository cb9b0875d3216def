package org.blazefl4j.spark;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkFailedException;
import org.blazefl4j.process.WorkerFunction;
import org.blazefl4j.spark.Messages.Job;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.BackEndClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.blazefl4j.worker.WorkerSettings;
import org.bytedeco.pytorch.Tensor;

/** One of the library's trainers in an executor, which runs the clients of a task at a time. */
final class InnerTrainer implements AutoCloseable {

    private final AbstractClientTrainer<Object, Object, Object> trainer;
    private final ClassLoader loader;
    private final Set<String> sharedNames = new HashSet<>();
    private final Set<Tensor> sharedBlocks = new HashSet<>();

    /**
     * Starts a trainer.
     *
     * @param message any round of the session
     */
    InnerTrainer(Messages.Round message, SparkOptions.Inner inner, int workers, ClassLoader loader)
            throws ReflectiveOperationException {
        this.loader = loader;
        ClientWorker<Object, Object, Object> worker = WorkerFunction.find(message.function(), loader, null);
        this.trainer =
                inner.mode().trainer(new ForeignClients(worker, message.pattern(), loader), options(message, workers));
    }

    /** Omits the share of devices that results may take: an executor sends them. */
    static TrainerOptions options(Messages.Round message, int workers) {
        WorkerSettings settings = message.settings();
        TrainerOptions.Builder options = TrainerOptions.builder()
                .numParallels(workers)
                .seed(settings.seed())
                .intraOpThreads(settings.intraOpThreads())
                .deviceDataShare(settings.deviceDataShare())
                .stepGraphs(StepGraphs.valueOf(settings.stepGraphs().name()))
                .rngCheck(settings.rngCheck())
                .onNonFinite(settings.refuseNonFinite() ? NonFinitePolicy.FAIL : NonFinitePolicy.WARN)
                .grace(Duration.ofMillis(message.graceMillis()));
        if (settings.clientNanos() != WorkerSettings.NO_LIMIT) {
            options.clientTimeLimit(Duration.ofNanos(settings.clientNanos()));
        }
        return options.build();
    }

    StopEvent stopEvent() {
        return trainer.stopEvent();
    }

    /** Makes memory and tensors readable for clients, each once. */
    void share(List<Tensor> blocks, Map<String, Tensor> byName) {
        for (Tensor block : blocks) {
            if (sharedBlocks.add(block)) {
                trainer.workers().share(block);
            }
        }
        byName.forEach((name, tensor) -> {
            if (sharedNames.add(name)) {
                trainer.share(name, tensor);
            }
        });
    }

    /**
     * Runs clients. Goes on without those that failed if the round may.
     *
     * @param stopped whether the task was told to end
     */
    void run(Messages.Round message, List<Job> all, OutcomeCollector outcomes, BooleanSupplier stopped)
            throws ReflectiveOperationException {
        ClientWorker<Object, Object, Object> function = message.side() == null
                ? trainer.worker()
                : WorkerFunction.find(message.sideFunction(), loader, message.side());
        List<Job> left = all;
        boolean more = true;
        while (more && !left.isEmpty() && !stopped.getAsBoolean()) {
            more = runSome(message, function, left, outcomes) || message.continues();
            left = left.stream().filter(job -> !outcomes.hasEnded(job)).toList();
        }
    }

    /** Runs clients until one fails. Returns whether none did. */
    private boolean runSome(
            Messages.Round message,
            ClientWorker<Object, Object, Object> function,
            List<Job> jobs,
            OutcomeCollector outcomes) {
        int[] next = new int[1];
        try {
            BackEndClientTrainer.runPart(
                    trainer, buffers -> new TaskWork(message, function, buffers, jobs, outcomes), batch -> {
                        int from = next[0];
                        next[0] += batch.size();
                        outcomes.add(jobs.subList(from, next[0]), batch);
                    });
            return true;
        } catch (WorkFailedException | StoppedException told) {
            return false; // outcomes tell
        }
    }

    @Override
    public void close() {
        trainer.close();
    }
}
