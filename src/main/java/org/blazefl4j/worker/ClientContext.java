package org.blazefl4j.worker;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.binding.RetainingScope;
import org.blazefl4j.codec.PackageFormatException;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.reproducibility.RandomStreams;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The {@link WorkerContext} of one client in one round, in every execution mode. Closed when the client ends. */
final class ClientContext implements WorkerContext, AutoCloseable {

    private final WorkerCall<?, ?, ?> call;
    private final ClientJob job;
    private final WorkerScope worker;
    private final StopEvent stopEvent;
    private final ClientState attempt;
    private final Map<String, RandomStream> streams = new HashMap<>(4);
    private volatile boolean ended;
    private @Nullable Retained<?> buffer;
    private @Nullable Retained<Optional<?>> state;

    /** Frees what the client allocates in its thread. Opened last, closed first. */
    private final RetainingScope scope = new RetainingScope();

    /** The part of a context that is the same for all clients of a worker. */
    record WorkerScope(
            int index,
            WorkerSettings settings,
            WorkerResources resources,
            Map<String, Tensor> shared,
            StopEvent stopEvent,
            ClassLoader loader) {}

    /** Creates the context of a client, whose stop event is the worker's, or one with a time limit. */
    ClientContext(WorkerCall<?, ?, ?> call, WorkerScope worker, StopEvent stopEvent, ClientState attempt) {
        this.call = call;
        this.job = call.job();
        this.worker = worker;
        this.stopEvent = stopEvent;
        this.attempt = attempt;
    }

    @Override
    public int clientId() {
        return job.clientId();
    }

    @Override
    public int round() {
        return job.round();
    }

    @Override
    public int worker() {
        return worker.index();
    }

    @Override
    public Device device() {
        return job.device();
    }

    @Override
    public StopEvent stopEvent() {
        return stopEvent;
    }

    @Override
    public <T> T get(String key, Supplier<? extends T> supplier) {
        requireRunning("get");
        return worker.resources().get(key, supplier);
    }

    @Override
    public Tensor shared(String name) {
        requireRunning("shared");
        Tensor tensor = worker.shared().get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("nothing shared: name=" + name + ", expected="
                    + new TreeSet<>(worker.shared().keySet()) + "; call trainer.share(name, tensor) before the round");
        }
        return tensor;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <U> U uplinkBuffer() {
        requireRunning("uplinkBuffer");
        requireClient("uplink buffer");
        requireTraining("uplinkBuffer");
        if (buffer == null) {
            buffer = Retained.make(call.buffer());
        }
        return (U) buffer.value();
    }

    @Override
    public RandomStream stream(String purpose) {
        requireRunning("generator");
        return streams.computeIfAbsent(
                purpose,
                name -> RandomStreams.stream(worker.settings().seed(), job.clientId(), job.round(), job.purpose(name)));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <S> Optional<S> state() {
        return (Optional<S>) stateOf(Object.class);
    }

    @Override
    public <S> Optional<S> state(Class<S> type) {
        return stateOf(type).map(type::cast);
    }

    private Optional<?> stateOf(Class<?> type) {
        requireRunning("state");
        requireClient("state");
        if (state == null) {
            state = Retained.make(() -> Optional.ofNullable(committedState(type)));
        }
        return state.value();
    }

    private @Nullable Object committedState(Class<?> type) {
        try {
            return attempt.decode(worker.loader(), type);
        } catch (PackageFormatException e) {
            throw new IllegalStateException(
                    "client state cannot be decoded: client=" + job.clientId() + ", expected=what keepState was given; "
                            + e.getMessage(),
                    e);
        }
    }

    @Override
    public void keepState(Object kept) {
        requireRunning("keepState");
        requireClient("state");
        requireTraining("keepState");
        attempt.keep(Objects.requireNonNull(kept, "state"));
    }

    private void requireRunning(String method) {
        if (ended) {
            throw new IllegalStateException(job.noun() + " has ended: " + job.name() + ", method=" + method
                    + "; a context is valid until the worker function returns: keep its results, not the context");
        }
    }

    private void requireClient(String what) {
        if (job.isShard()) {
            throw new IllegalStateException("a shard has no " + what + ": " + job.name()
                    + ", expected=a client; return the shard's result, and keep resources by get(key, supplier)");
        }
    }

    private void requireTraining(String method) {
        if (!job.isTraining()) {
            throw new IllegalStateException("not in an evaluation: client=" + job.clientId() + ", method=" + method
                    + ", expected=a client that is trained; evaluations only read states: return what they find");
        }
    }

    /** Lets a pointer that the client created outlive this context. Returns false for other pointers. */
    boolean release(Pointer pointer) {
        return scope.release(pointer)
                || buffer != null && buffer.scope().release(pointer)
                || state != null && state.scope().release(pointer);
    }

    /** Frees the client's memory, except what was released. */
    @Override
    public void close() {
        ended = true;
        try (Retained<?> made = buffer;
                Retained<?> read = state;
                RetainingScope rest = scope) {
            streams.values().forEach(RandomStream::close);
        }
    }
}
