package org.blazefl4j.cuda;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.blazefl4j.binding.Retained;
import org.blazefl4j.data.Batch;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.ErrorCollector;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Computes the gradients of a worker's model on a CUDA device by graphs. What LibTorch queues for a batch, forward and
 * backward, is captured once for each shape of batches, and from then on replayed as one. What comes before and after
 * it in a step stays outside: reading the batch, what is added to its gradient, and the optimizer.
 *
 * <p>The first {@value #WARM_UPS} batches of a shape are not captured. The next one is captured. It and the one after
 * it are computed without the graph and with it, and all that changed compared bit by bit. If something cannot be
 * captured, or differs, the model goes on without graphs for good, with one line in the log. So it does if it draws
 * random numbers, because those come from the processor, and a graph would repeat them; and if other workers queue
 * their work on the same stream. Graphs end when the settings change that they were captured with.
 *
 * <p>For one thread at a time. Close it before the model.
 */
public final class StepGraphs implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(StepGraphs.class.getName());

    /** The number of batches of a shape before the one that is captured: they load kernels and make workspaces. */
    static final int WARM_UPS = 2;

    /** The most graphs of a model, each of which keeps the memory that one step takes. */
    static final int MOST_GRAPHS = 4;

    /** The most shapes to count batches of. */
    static final int MOST_SHAPES = 64;

    private static final int MOST_LOGGED = 1000;

    /** What was logged in this process, where each worker finds out the same about its own copy of a model. */
    private static final Set<String> LOGGED = ConcurrentHashMap.newKeySet();

    /** What LibTorch's allocator throws: once for each refusal that it throws of. */
    private static final String OUT_OF_MEMORY = "CUDA out of memory";

    private static final ThreadLocal<@Nullable Client> CURRENT = new ThreadLocal<>();

    /** What the client that a thread runs may have, and the settings of its process and thread. */
    private record Client(GraphMode mode, @Nullable NumericEnvironment environment) {}

    /** What was captured. */
    interface Graph extends AutoCloseable {

        /** Queues it once more. */
        void replay();

        @Override
        void close();
    }

    /** Captures. Tests have others than CUDA's. */
    interface Recorder {

        /**
         * Captures what the calling thread queues while it does some work, none of which is done.
         *
         * @throws RuntimeException why it cannot be captured
         */
        Graph capture(Runnable work);

        /** Returns how often the device has refused memory. */
        long refusals();

        /** Leaves out one refusal after that count, which no result depends on. */
        void excuse(long before);
    }

    private record CudaRecorder(String device) implements Recorder {

        @Override
        public Graph capture(Runnable work) {
            return CudaGraph.capture(device, work);
        }

        @Override
        public long refusals() {
            return MemoryRefusals.CUDA.count(DeviceMemory.index(device));
        }

        @Override
        public void excuse(long before) {
            MemoryRefusals.CUDA.excuse(DeviceMemory.index(device), before);
        }
    }

    private final String model;
    private final FlatParameters state;
    private final boolean required;
    private final Recorder recorder;
    private final Map<Shape, Entry> entries = new HashMap<>();
    private int graphs;
    /** The settings that the graphs were captured with. */
    private @Nullable Settings settings;
    /** The thread that warmed up: LibTorch has handles of cuBLAS and cuDNN for each. */
    private @Nullable Thread warm;
    /** Why this model is not captured, once that is known. */
    private @Nullable Refusal refusal;

    /** Captures nothing yet. The state stays the caller's. */
    StepGraphs(String model, FlatParameters state, boolean required, Recorder recorder) {
        this.model = model;
        this.state = state;
        this.required = required;
        this.recorder = recorder;
    }

    /**
     * Returns the graphs of a model on a device, as the client that the calling thread runs may have them; null if it
     * may have none.
     *
     * @param model its name, for messages
     */
    public static @Nullable StepGraphs of(String model, FlatParameters state, String device) {
        Client client = CURRENT.get();
        return client == null || client.mode() == GraphMode.OFF
                ? null
                : new StepGraphs(model, state, client.mode() == GraphMode.REQUIRED, new CudaRecorder(device));
    }

    /**
     * Calls a client whose models are captured or not.
     *
     * @throws Exception what the client threw
     */
    static <T> T during(GraphMode mode, Callable<T> client) throws Exception {
        CURRENT.set(new Client(mode, mode == GraphMode.OFF ? null : NumericEnvironment.capture()));
        try {
            return client.call();
        } finally {
            CURRENT.remove();
        }
    }

    /** What kernels depend on besides batches. */
    private record Settings(@Nullable NumericEnvironment environment, Object model) {

        static Settings of(Object model) {
            Client client = CURRENT.get();
            return new Settings(client == null ? null : client.environment(), model);
        }
    }

    /** Why a model is not captured, what would have been, and what to do if it must be. */
    private record Refusal(String found, String expected, String remedy) {

        static Refusal of(String found) {
            return new Refusal(
                    found,
                    "expected=the cross-entropy of a model that draws nothing, never waits for the device, and whose"
                            + " parameters all have gradients",
                    "choose stepGraphs(AUTO) or OFF, or change the model");
        }

        static Refusal of(RuntimeException e) {
            return e instanceof SharedStreamException
                    ? new Refusal(
                            firstLine(e),
                            "limit=" + StreamLeases.STREAMS + " workers for each device, those of all open trainers",
                            "choose stepGraphs(AUTO) or OFF, or fewer workers")
                    : of(firstLine(e));
        }
    }

    /** What batches, and the memory that is computed with, must have in common to share a graph. */
    private record Shape(Layout x, Layout y, long vector, boolean dropped) {

        static Shape of(Batch batch, FlatParameters state) {
            Tensor y = labels(batch);
            try (Pointer vector = state.vector().data_ptr()) {
                return new Shape(Layout.of(batch.x()), Layout.of(y), vector.address(), state.areGradientsDropped());
            }
        }
    }

    private record Layout(List<Long> sizes, List<Long> strides, int type) {

        static Layout of(Tensor tensor) {
            List<Long> sizes = Arrays.stream(tensor.shape()).boxed().toList();
            List<Long> strides = LongStream.range(0, sizes.size())
                    .map(tensor::stride)
                    .boxed()
                    .toList();
            return new Layout(sizes, strides, Tensors.type(tensor).value);
        }
    }

    private static final class Entry {
        private int seen;
        private @Nullable Captured captured;
        /** Whether a batch other than the captured one was compared, too. */
        private boolean compared;
    }

    /**
     * A graph, and the batch that it reads.
     *
     * @param inputs overwritten before each replay
     */
    private record Captured(Batch inputs, Graph graph) implements AutoCloseable {

        @Override
        public void close() {
            try (inputs) {
                graph.close();
            }
        }
    }

    /**
     * Computes the gradient of a batch, starting from the gradients as they are: dropped, or in their vector.
     * Afterwards they are in the vector, unless this model is not captured.
     *
     * @param settings what the model's kernels depend on besides the environment
     * @param draws what the model draws from
     * @param backward queues the work: adds the gradient of a batch to those of the bound model
     * @throws IllegalStateException if the model must be captured and cannot be
     */
    public void compute(Batch batch, Object settings, Generator draws, Consumer<Batch> backward) {
        if (required && refusal != null) {
            tell(refusal);
        }
        endGraphsOfOther(Settings.of(settings));
        warmUpAgainIn(Thread.currentThread());
        Entry entry = refusal == null ? entry(batch) : null;
        if (entry == null || entry.captured == null && entry.seen >= WARM_UPS && graphs == MOST_GRAPHS) {
            backward.accept(batch);
        } else if (entry.captured != null && entry.compared) {
            replay(entry.captured, batch, backward);
        } else if (entry.captured != null) {
            compareAnother(entry, entry.captured, batch, draws, backward);
        } else if (entry.seen++ < WARM_UPS) {
            warmUp(batch, draws, backward);
        } else {
            capture(entry, batch, draws, backward);
        }
    }

    /**
     * Tells of steps that the caller takes without graphs.
     *
     * @param found why
     * @throws IllegalStateException if this model must be captured
     */
    public void tell(String found) {
        tell(Refusal.of(found));
    }

    private void tell(Refusal why) {
        String text =
                "steps are not captured: model=" + model + ", found=" + why.found() + ", " + why.expected() + "; ";
        if (required) {
            throw new IllegalStateException(text + why.remedy());
        }
        if (LOGGED.size() < MOST_LOGGED && LOGGED.add(text)) {
            LOGGER.log(Level.INFO, text + "LibTorch takes them one operation at a time, with the same results");
        }
    }

    private void endGraphsOfOther(Settings now) {
        if (!now.equals(settings)) {
            closeGraphs();
            settings = now;
        }
    }

    private void warmUpAgainIn(Thread thread) {
        if (thread != warm) {
            entries.values().forEach(entry -> entry.seen = 0);
            warm = thread;
        }
    }

    private @Nullable Entry entry(Batch batch) {
        Shape shape = Shape.of(batch, state);
        Entry entry = entries.get(shape);
        if (entry == null && entries.size() < MOST_SHAPES) {
            entry = new Entry();
            entries.put(shape, entry);
        }
        return entry;
    }

    /** Does what is captured later, as it is, and looks whether it can be. */
    private void warmUp(Batch batch, Generator draws, Consumer<Batch> backward) {
        try (Tensor start = draws.get_state()) {
            boolean complete = work(batch, zeroIfDropped(), backward);
            if (hasMoved(draws, start)) {
                refuse(Refusal.of("random numbers drawn on the processor, as by dropout"), null);
            } else if (!complete) {
                refuse(Refusal.of("a parameter without a gradient"), null);
            }
        }
    }

    private static boolean hasMoved(Generator draws, Tensor start) {
        try (Tensor now = draws.get_state()) {
            return !now.equal(start);
        }
    }

    /** Zeroes the vector of gradients if they were dropped. Returns whether they were. */
    private boolean zeroIfDropped() {
        boolean dropped = state.areGradientsDropped();
        if (dropped) {
            state.zeroGradients();
        }
        return dropped;
    }

    /** Queues the work. Returns whether all gradients are in the vector then. */
    private boolean work(Batch batch, boolean fresh, Consumer<Batch> backward) {
        try (PointerScope scope = new PointerScope()) {
            if (fresh) {
                state.dropGradients();
            }
            backward.accept(batch);
            return state.collectGradients();
        }
    }

    private void replay(Captured captured, Batch batch, Consumer<Batch> backward) {
        boolean fresh = zeroIfDropped();
        try {
            copy(batch, captured.inputs());
            captured.graph().replay();
        } catch (RuntimeException e) {
            refuse(Refusal.of(e), e);
            work(batch, fresh, backward); // a device that computes no more says so again
        }
    }

    /** What is tried with a graph, given what it begins with. */
    private interface Attempt {

        void run(Contents before, boolean fresh);
    }

    /** Captures the work and computes the gradient. */
    private void capture(Entry entry, Batch batch, Generator draws, Consumer<Batch> backward) {
        attempt(batch, draws, backward, (before, fresh) -> {
            Captured captured = captured(batch, fresh, backward);
            entry.captured = captured;
            graphs++;
            compare(captured, batch, before, fresh, backward);
        });
    }

    /** Replays the work on other inputs than it was captured with: a graph may have kept what depends on those. */
    private void compareAnother(
            Entry entry, Captured captured, Batch batch, Generator draws, Consumer<Batch> backward) {
        attempt(batch, draws, backward, (before, fresh) -> {
            copy(batch, captured.inputs());
            compare(captured, batch, before, fresh, backward);
            entry.compared = true;
        });
    }

    /** Computes the gradient with a graph: without it, if that fails. */
    private void attempt(Batch batch, Generator draws, Consumer<Batch> backward, Attempt attempt) {
        boolean fresh = zeroIfDropped();
        try (Contents before = new Contents(state);
                Tensor start = draws.get_state()) {
            long refusals = recorder.refusals();
            try {
                attempt.run(before, fresh);
                if (hasMoved(draws, start)) {
                    throw new IllegalStateException("random numbers drawn on the processor");
                }
            } catch (RuntimeException e) {
                boolean refused = recorder.refusals() > refusals; // not so if something else speaks of it
                if (refused && Objects.requireNonNullElse(e.getMessage(), "").contains(OUT_OF_MEMORY)) {
                    recorder.excuse(refusals); // the step is taken again
                }
                draws.set_state(start);
                before.restore();
                refuse(Refusal.of(e), e);
                work(batch, fresh, backward);
            }
        }
    }

    private Captured captured(Batch batch, boolean fresh, Consumer<Batch> backward) {
        Batch inputs = copyOf(batch);
        try {
            return new Captured(inputs, recorder.capture(() -> work(inputs, fresh, backward)));
        } catch (Throwable thrown) {
            ErrorCollector failures = new ErrorCollector();
            failures.run(inputs::close);
            failures.suppressIn(thrown);
            throw thrown;
        }
    }

    /**
     * Computes the gradient without the graph and with it.
     *
     * @param before what the work begins with
     * @throws IllegalStateException if they differ
     */
    private void compare(Captured captured, Batch batch, Contents before, boolean fresh, Consumer<Batch> backward) {
        work(batch, fresh, backward);
        try (Contents expected = new Contents(state)) {
            before.restore();
            captured.graph().replay();
            if (!expected.areThere()) {
                throw new IllegalStateException("a replay with other bits than the step itself");
            }
        }
    }

    private static Batch copyOf(Batch batch) {
        return new Batch(
                Retained.free(() -> batch.x().clone()),
                Retained.free(() -> labels(batch).clone()));
    }

    private static void copy(Batch from, Batch to) {
        try (NoGradGuard guard = new NoGradGuard()) {
            to.x().copy_(from.x());
            labels(to).copy_(labels(from));
        }
    }

    private static Tensor labels(Batch batch) {
        return Objects.requireNonNull(batch.y(), "labels");
    }

    /** Returns what LibTorch says without the stack of its calls. */
    private static String firstLine(RuntimeException e) {
        return Causes.describe(e).lines().findFirst().orElse("");
    }

    /** Goes on without graphs for good. */
    private void refuse(Refusal why, @Nullable RuntimeException cause) {
        refusal = why;
        closeGraphs();
        try {
            tell(why);
        } catch (IllegalStateException refused) {
            throw cause == null ? refused : new IllegalStateException(refused.getMessage(), cause);
        }
    }

    private void closeGraphs() {
        ErrorCollector failures = new ErrorCollector();
        for (Entry entry : entries.values()) {
            if (entry.captured != null) {
                failures.run(entry.captured::close);
            }
        }
        entries.clear();
        graphs = 0;
        failures.throwFirst("graphs of steps");
    }

    /** Frees the graphs, and what they read. */
    @Override
    public void close() {
        closeGraphs();
    }

    /**
     * A copy of all that a step's gradient changes: the bound vector with its buffers, the gradients and the counters.
     */
    private static final class Contents implements AutoCloseable {

        private final List<Tensor> there = new ArrayList<>();
        private final List<Tensor> copies = new ArrayList<>();

        /** Copies them. The gradients are in their vector. */
        Contents(FlatParameters state) {
            there.add(state.vector());
            there.add(state.gradients());
            state.tensors().values().stream()
                    .filter(tensor -> !tensor.is_floating_point())
                    .forEach(there::add);
            try (NoGradGuard guard = new NoGradGuard()) {
                there.forEach(tensor -> copies.add(Retained.free(tensor::clone)));
            }
        }

        void restore() {
            try (NoGradGuard guard = new NoGradGuard()) {
                for (int i = 0; i < there.size(); i++) {
                    there.get(i).copy_(copies.get(i));
                }
            }
        }

        /** Returns whether all bits are as in the copy; NaN equals itself. */
        boolean areThere() {
            try (PointerScope scope = new PointerScope()) {
                for (int i = 0; i < there.size(); i++) {
                    if (!torch.equal(bits(there.get(i)), bits(copies.get(i)))) {
                        return false;
                    }
                }
                return true;
            }
        }

        private static Tensor bits(Tensor tensor) {
            return tensor.is_floating_point() ? tensor.view(ScalarType.Int) : tensor;
        }

        @Override
        public void close() {
            copies.forEach(Tensor::close);
        }
    }
}
