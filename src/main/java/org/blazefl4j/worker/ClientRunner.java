package org.blazefl4j.worker;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.cuda.DeviceWork;
import org.blazefl4j.torch.IntraOpThreads;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.FaultPoint;
import org.blazefl4j.worker.ClientContext.WorkerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A worker: trains clients one after another and keeps resources between them. The same code runs in serial, threads
 * and worker processes. For one thread at a time.
 *
 * <p>Each client runs with gradients enabled and in a separate scope: native memory allocated in its thread is freed
 * when it ends, except its result, and the thread's settings are restored. The default generator and the settings of
 * the process are watched meanwhile, and so is the device, unless it is the CPU. All this applies to work between
 * rounds, too.
 */
public final class ClientRunner implements AutoCloseable {

    private final WorkerScope worker;
    private final WorkerResources resources = new WorkerResources();
    private final DefaultGeneratorWatch generator;
    private final SettingsWatch settings = new SettingsWatch();
    private final PackageEncoder encoder = new PackageEncoder();
    private final ClientTimeouts timeouts;

    /** Made for the first client on a device. */
    private @Nullable DeviceWork devices;

    /**
     * Creates a worker.
     *
     * @param index the worker's index, from 0
     * @param shared the shared tensors by name; looked up on request, not closed here
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
        this.worker = new WorkerScope(index, settings, resources, shared, stopEvent, loader);
        this.generator = new DefaultGeneratorWatch(settings.rngCheck());
        this.timeouts = timeouts;
    }

    public int index() {
        return worker.index();
    }

    /**
     * Makes a call and delivers its result before the client's memory is freed.
     *
     * @param delivery receives the package, which may refer to tensors that are freed when this method returns
     * @throws ContractViolationException if the client changed a setting of the process, or drew from the default
     *     generator and that is a failure
     * @throws Exception what the client or the delivery threw
     */
    public <U> void run(WorkerCall<?, ?, U> call, ClientState state, Consumer<? super U> delivery) throws Exception {
        inContext(call, state, (uplink, context) -> {
            delivery.accept(uplink);
            return uplink;
        });
    }

    /**
     * Makes a call and returns its package. The caller owns the tensors, which share no memory with anything that
     * outlives the client. Refuses packages that could not cross from a worker process.
     *
     * @param buffers the buffers with the layout of results, or null for work between rounds
     * @throws IllegalArgumentException if something in the package cannot cross, or a tensor does not fit
     * @throws Exception as the other method
     */
    public <U> U run(WorkerCall<?, ?, U> call, ClientState state, @Nullable UplinkBuffers<?> buffers) throws Exception {
        SlotLayout layout = buffers == null ? null : buffers.layout();
        encoder.acceptDevices(buffers != null && buffers.mayBeOnDevices());
        ClientResult<U> result =
                inContext(call, state, (uplink, context) -> new ClientResult<>(uplink, layout, encoder, context));
        return result.take(worker, call);
    }

    private <U, R> R inContext(WorkerCall<?, ?, U> call, ClientState state, BiFunction<U, ClientContext, R> ending)
            throws Exception {
        int threads = IntraOpThreads.current();
        SettingsSnapshot before = ThreadSettings.take();
        GradMode.set_enabled(true);
        long limit = worker.settings().clientNanos();
        TimedStopEvent timed = limit == WorkerSettings.NO_LIMIT ? null : new TimedStopEvent(worker.stopEvent(), limit);
        StopEvent stopEvent = timed == null ? worker.stopEvent() : timed;
        try (ClientContext context = new ClientContext(call, worker, stopEvent, state)) {
            U uplink = guarded(call, context, timed);
            requireIntraOpThreads(call.job(), threads);
            requireResult(call.job(), uplink);
            if (call.job().isTraining()) {
                lookForNonFinite(uplink, state);
            }
            return ending.apply(uplink, context);
        } finally {
            before.restore();
        }
    }

    private <U> U guarded(WorkerCall<?, ?, U> call, ClientContext context, @Nullable TimedStopEvent timed)
            throws Exception {
        ClientJob job = call.job();
        PayloadCheck payload = new PayloadCheck(call.payload(), call.config(), worker.shared());
        Callable<U> client = () -> {
            FaultPoint.TRAINING.reach();
            return call.train(context);
        };
        Callable<U> inTime = timed == null ? client : () -> timeouts.during(timed, job, client);
        Callable<U> watched = job.device().isCpu() ? inTime : () -> onDevice(job, inTime);
        return payload.during(job, () -> generator.during(job, () -> settings.during(job, watched)));
    }

    /** Refuses clients once CUDA works no more. A worker process ends before; in threads, no policy would help. */
    private <U> U onDevice(ClientJob job, Callable<U> client) throws Exception {
        String lost = CudaErrors.lost();
        if (lost != null) {
            throw new ContractViolationException(
                    "CUDA context lost: " + job.name() + ", " + lost
                            + ", expected=none; CUDA refuses further work in this"
                            + " process: start it again, and train in worker processes, which are replaced",
                    null);
        }
        WorkerSettings settings = worker.settings();
        DeviceWork made = devices == null ? new DeviceWork(settings.deviceDataShare(), settings.stepGraphs()) : devices;
        devices = made;
        int index = Math.max(0, job.device().index()); // without an index, the current one, which is the first
        return made.during(job.name(), job.device().toString(), index, client);
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
    private void lookForNonFinite(@Nullable Object uplink, ClientState state) {
        boolean refuseNonFinite = worker.settings().refuseNonFinite();
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

    private static void requireResult(ClientJob job, @Nullable Object result) {
        if (result == null) {
            String what = job.isTraining() ? "no package" : "no result";
            throw new NullPointerException(what + ": " + job.name() + "; the worker function returned null");
        }
        if (!job.isTraining() && !TensorWalk.tensors(result).isEmpty()) {
            throw new IllegalArgumentException(job.noun() + "'s result holds a tensor: " + job.name() + ", path="
                    + TensorWalk.tensors(result).get(0).path()
                    + ", expected=no tensors, which would be copied; return numbers, or have clients send tensors");
        }
    }

    /** Closes the worker's resources, the last made first. No client may be running. */
    @Override
    public void close() {
        generator.close();
        settings.close();
        try (DeviceWork last = devices) {
            resources.close();
        }
    }
}
