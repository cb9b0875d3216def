package org.blazefl4j.worker;

import java.util.Map;
import java.util.concurrent.Callable;
import org.blazefl4j.binding.RetainingScope;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.FaultPoint;
import org.blazefl4j.worker.ClientContext.WorkerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * A worker: trains clients one after another and keeps resources between them. The same code runs in serial, threads
 * and worker processes. For one thread at a time.
 *
 * <p>Each client runs with gradients enabled and in a separate scope: native memory allocated in its thread is freed
 * when it ends, except its result, and the thread's settings are restored. The default generator and the settings of
 * the process are watched meanwhile. All this applies to shards, too.
 */
public final class ClientRunner implements AutoCloseable {

    /**
     * Takes a client's package while all that the client made is still alive.
     *
     * @param <U> the uplink package
     * @param <R> what the package becomes
     */
    @FunctionalInterface
    public interface Delivery<U, R> {
        /** Takes the package. */
        R deliver(U uplink) throws Exception;
    }

    private final WorkerScope worker;
    private final WorkerResources resources = new WorkerResources();
    private final DefaultGeneratorWatch generator;
    private final SettingsWatch settings = new SettingsWatch();
    private final boolean refuseNonFinite;
    private final PackageEncoder encoder = new PackageEncoder();
    private final long clientNanos;
    private final ClientTimeouts timeouts;

    /**
     * Creates a worker.
     *
     * @param index the worker's index, from 0
     * @param settings the settings of all workers
     * @param shared the shared tensors by name; looked up on request, not closed here
     * @param stopEvent the stop event for clients
     * @param loader the loader for classes of clients' states
     * @param timeouts interrupts clients that exceed their time limit; not closed here
     */
    public ClientRunner(
            int index,
            WorkerSettings settings,
            Map<String, Tensor> shared,
            StopEvent stopEvent,
            ClassLoader loader,
            ClientTimeouts timeouts) {
        this.worker = new WorkerScope(index, settings.seed(), resources, shared, stopEvent, loader);
        this.generator = new DefaultGeneratorWatch(settings.rngCheck());
        this.refuseNonFinite = settings.refuseNonFinite();
        this.clientNanos = settings.clientNanos();
        this.timeouts = timeouts;
    }

    /** Returns the worker's index, from 0. */
    public int index() {
        return worker.index();
    }

    /**
     * Makes a call and delivers its result before the client's memory is freed.
     *
     * @param <C> the client's configuration
     * @param <D> the downlink package
     * @param <U> the uplink package
     * @param <R> what the package becomes
     * @param call the client
     * @param state the client's state
     * @param delivery receives the package, which may refer to tensors that are freed when this method returns
     * @return the result of {@code delivery}
     * @throws ContractViolationException if the client changed a setting of the process, or drew from the default
     *     generator and that is a failure
     * @throws Exception what the client or the delivery threw
     */
    public <C, D, U, R> R run(WorkerCall<C, D, U> call, ClientState state, Delivery<? super U, R> delivery)
            throws Exception {
        return inScope(call, state, (uplink, scope, context) -> delivery.deliver(uplink));
    }

    /**
     * Makes a call and returns its package. The caller owns the tensors, which share no memory with anything that
     * outlives the client. Refuses packages that could not cross from a worker process.
     *
     * @param <C> the client's configuration
     * @param <D> the downlink package
     * @param <U> the uplink package
     * @param call the client
     * @param state the client's state
     * @param buffers the buffers with the layout of results, or null for a shard
     * @throws IllegalArgumentException if something in the package cannot cross, or a tensor does not fit
     * @throws ContractViolationException if the client changed a setting of the process, or drew from the default
     *     generator and that is a failure
     * @throws Exception what the client threw
     */
    public <C, D, U> U run(WorkerCall<C, D, U> call, ClientState state, UplinkBuffers<?> buffers) throws Exception {
        SlotLayout layout = buffers == null ? null : buffers.layout();
        ClientResult<U> result = inScope(
                call, state, (uplink, scope, context) -> new ClientResult<>(uplink, layout, encoder, scope, context));
        return result.take(
                resources,
                worker.shared(),
                call.payload(),
                call.function().getClass().getClassLoader());
    }

    @FunctionalInterface
    private interface Ending<U, R> {
        R end(U uplink, RetainingScope scope, ClientContext context) throws Exception;
    }

    private <C, D, U, R> R inScope(WorkerCall<C, D, U> call, ClientState state, Ending<? super U, R> ending)
            throws Exception {
        ClientJob job = call.job();
        ThreadSettings before = ThreadSettings.take();
        GradMode.set_enabled(true);
        TimedStopEvent timed =
                clientNanos == WorkerSettings.NO_LIMIT ? null : new TimedStopEvent(worker.stopEvent(), clientNanos);
        StopEvent stopEvent = timed == null ? worker.stopEvent() : timed;
        try (ClientContext context = new ClientContext(job, worker, stopEvent, call.buffer(), state);
                RetainingScope scope = new RetainingScope()) {
            PayloadCheck check = PayloadCheck.begin(call.payload(), call.config(), worker.shared());
            Callable<U> client = () -> {
                FaultPoint.TRAINING.reach();
                return call.function().train(call.config(), call.payload(), context);
            };
            Callable<U> inTime = timed == null ? client : () -> timed.during(job, timeouts, client);
            U uplink = check.during(job, () -> generator.during(job, () -> settings.during(job, inTime)));
            requireIntraOpThreads(job, before.intraOpThreads());
            requireResult(job, uplink);
            if (!job.isShard()) {
                lookForNonFinite(uplink, state);
            }
            return ending.end(uplink, scope, context);
        } finally {
            before.restore();
        }
    }

    /** Checks the number of threads, because LibTorch's setter also affects threads that start later. */
    private static void requireIntraOpThreads(ClientJob job, int limit) {
        int threads = IntraOpThreads.current();
        if (threads != limit) {
            throw new ContractViolationException(
                    "intra-op threads changed: " + job.name() + ", found=" + threads + ", expected=" + limit
                            + "; set the trainer option intraOpThreads, the same for all " + job.noun() + "s",
                    null);
        }
    }

    /** Checks all elements only if a failure depends on it, because it reads large results from memory again. */
    private void lookForNonFinite(Object uplink, ClientState state) {
        for (TensorWalk.Found found : TensorWalk.tensors(uplink)) {
            Tensor tensor = found.tensor();
            if (refuseNonFinite ? !Tensors.isFinite(tensor) : !Tensors.isFiniteAtEnds(tensor)) {
                if (refuseNonFinite) {
                    throw new NonFiniteResultException(found.path());
                }
                state.noteNonFinite();
                return;
            }
        }
    }

    private static void requireResult(ClientJob job, Object result) {
        if (result == null) {
            String what = job.isShard() ? "no result" : "no package";
            throw new NullPointerException(what + ": " + job.name() + "; the worker function returned null");
        }
        if (job.isShard() && !TensorWalk.tensors(result).isEmpty()) {
            throw new IllegalArgumentException("shard's result holds a tensor: " + job.name() + ", path="
                    + TensorWalk.tensors(result).get(0).path()
                    + ", expected=no tensors, which would be copied; return numbers, or have clients send tensors");
        }
    }

    /** Closes the worker's resources, the last made first. No client may be running. */
    @Override
    public void close() {
        generator.close();
        settings.close();
        resources.close();
    }
}
