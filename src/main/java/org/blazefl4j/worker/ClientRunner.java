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
import org.blazefl4j.worker.ClientContext.WorkerSurroundings;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * One worker: it trains clients one after another and keeps resources between them. The same in serial, in threads and
 * in worker processes. Used by one thread at a time.
 *
 * <p>Each client runs with gradients enabled and in a scope of its own: whatever native memory it allocates in its
 * thread is freed when it ends, except what it returns, and what it set of that thread's arithmetic is put back. The
 * default generator and the settings of the process are watched meanwhile.
 *
 * <p>What is said of clients here holds for shards of work between rounds as well.
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

    private final WorkerSurroundings surroundings;
    private final WorkerResources resources = new WorkerResources();
    private final DefaultGeneratorWatch generator;
    private final SettingsWatch settings = new SettingsWatch();
    private final boolean refuseNonFinite;
    private final PackageEncoder encoder = new PackageEncoder();
    private final long clientNanos;
    private final ClientTimeouts overtime;

    /**
     * A worker that has trained no client yet.
     *
     * @param index the worker's index, from 0
     * @param settings what all workers of the trainer share
     * @param shared the shared tensors by name; looked up when a client asks, never closed here
     * @param stopEvent what clients are given to look at
     * @param loader finds the classes of clients' states
     * @param overtime interrupts clients that go on after their time limit; stays the caller's
     */
    public ClientRunner(
            int index,
            WorkerSettings settings,
            Map<String, Tensor> shared,
            StopEvent stopEvent,
            ClassLoader loader,
            ClientTimeouts overtime) {
        this.surroundings = new WorkerSurroundings(index, settings.seed(), resources, shared, stopEvent, loader);
        this.generator = new DefaultGeneratorWatch(settings.rngCheck());
        this.refuseNonFinite = settings.refuseNonFinite();
        this.clientNanos = settings.clientNanos();
        this.overtime = overtime;
    }

    /** The worker's index, from 0. */
    public int index() {
        return surroundings.index();
    }

    /**
     * Makes one call and delivers what it returns before what the client made is freed.
     *
     * @param <C> the client's configuration
     * @param <D> the downlink package
     * @param <U> the uplink package
     * @param <R> what the package becomes
     * @param call the client
     * @param state what it starts from and what it leaves
     * @param delivery takes the package; it may refer to tensors that are freed when this method returns
     * @return what {@code delivery} returned
     * @throws IllegalStateException if the client changed a setting of the process, or drew from the default generator
     *     and that is a failure
     * @throws Exception what the client or the delivery threw
     */
    public <C, D, U, R> R run(WorkerCall<C, D, U> call, ClientState state, Delivery<? super U, R> delivery)
            throws Exception {
        return inScope(call, state, (uplink, scope, context) -> delivery.deliver(uplink));
    }

    /**
     * Makes one call and returns its package, whose tensors the caller then owns: they share memory with nothing that
     * outlives the client. Everything else that the client made is freed. What could not come from a worker process is
     * refused here as well.
     *
     * @param <C> the client's configuration
     * @param <D> the downlink package
     * @param <U> the uplink package
     * @param call the client
     * @param state what it starts from and what it leaves
     * @param buffers tell what fits; null for a shard
     * @throws IllegalArgumentException if something in the package cannot cross, or a tensor does not fit
     * @throws IllegalStateException if the client changed a setting of the process, or drew from the default generator
     *     and that is a failure
     * @throws Exception what the client threw
     */
    public <C, D, U> U run(WorkerCall<C, D, U> call, ClientState state, UplinkBuffers<?> buffers) throws Exception {
        SlotLayout layout = buffers == null ? null : buffers.layout();
        ClientResult<U> result = inScope(
                call, state, (uplink, scope, context) -> new ClientResult<>(uplink, layout, encoder, scope, context));
        return result.take(
                resources,
                surroundings.shared(),
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
        TimedStopEvent timed = clientNanos == WorkerSettings.NO_LIMIT
                ? null
                : new TimedStopEvent(surroundings.stopEvent(), clientNanos);
        StopEvent stopEvent = timed == null ? surroundings.stopEvent() : timed;
        try (ClientContext context = new ClientContext(job, surroundings, stopEvent, call.buffer(), state);
                RetainingScope scope = new RetainingScope()) {
            PayloadCheck check = PayloadCheck.begin(call.payload(), call.config(), surroundings.shared());
            Callable<U> client = () -> {
                FaultPoint.TRAINING.reach();
                return call.function().train(call.config(), call.payload(), context);
            };
            Callable<U> inTime = timed == null ? client : () -> timed.during(job, overtime, client);
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

    /** What is left of them by LibTorch's own setter reaches threads that are yet to be started. */
    private static void requireIntraOpThreads(ClientJob job, int limit) {
        int threads = IntraOpThreads.current();
        if (threads != limit) {
            throw new ContractViolationException(
                    "intra-op threads changed: " + job.name() + ", found=" + threads + ", expected=" + limit
                            + "; set the trainer option intraOpThreads, the same for all " + job.noun() + "s",
                    null);
        }
    }

    /** As a whole only where something becomes of it: large results would be read from memory once more. */
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

    /**
     * What a client threw, as it can be printed and logged without harm: itself, or as from a worker process if its own
     * methods throw or return nothing.
     */
    public static Throwable sound(Throwable thrown) {
        return RemoteError.sound(thrown);
    }

    /** Closes the worker's resources, the last made first. No client may be running. */
    @Override
    public void close() {
        generator.close();
        settings.close();
        resources.close();
    }
}
