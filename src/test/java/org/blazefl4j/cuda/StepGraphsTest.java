package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.blazefl4j.data.Batch;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.LogLines;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Steps of a model with batch normalisation, so buffers and a counter, on the CPU, with graphs that note what is done.
 */
final class StepGraphsTest {

    private static final class Net extends Model {
        private final Conv2dImpl conv = conv2d("conv", 1, 2, 3);
        private final BatchNorm2dImpl norm = batchNorm2d("norm", 2);
        private final LinearImpl fc = linear("fc", 8, 3);
        private final LinearImpl unused = linear("unused", 2, 2);
        private boolean usesAll = true;

        @Override
        public Tensor forward(Tensor x) {
            Tensor y = fc.forward(norm.forward(conv.forward(x)).relu().flatten(1, -1));
            return usesAll ? y.add(unused.weight().sum()).add(unused.bias().sum()) : y;
        }
    }

    /** A model that trains, the graphs that it may use, and what its loss does besides. */
    private static final class Training implements AutoCloseable {
        private final Net net = DefaultGenerator.seeded(3, Net::new);
        private final FlatParameters state = FlatParameters.of(net);
        private final RandomStream stream = RandomStreams.stream(11, 0, 0, "dropout");
        private final Generator draws = stream.generator();
        private final FakeGraphs fake;
        private final @Nullable StepGraphs graphs;
        private Runnable besides = () -> {};
        private int computed;
        private int steps;
        private UnaryOperator<Tensor> layout = x -> x;
        private Object settings = "of the model";

        Training(@Nullable String model, boolean required) {
            this(model, null, required);
        }

        Training(@Nullable String model, StepGraphs.@Nullable Recorder recorder, boolean required) {
            state.bindUndefined();
            try (Tensor start = torch.arange(new Scalar(state.numel()))
                    .toType(ScalarType.Float)
                    .mul(new Scalar(0.01))) {
                state.load(start);
            }
            fake = new FakeGraphs(state);
            graphs = model == null ? null : new StepGraphs(model, state, required, recorder == null ? fake : recorder);
        }

        /** Takes a step of plain SGD, from dropped or zeroed gradients. */
        void step(int size, boolean dropped) {
            steps++;
            try (PointerScope scope = new PointerScope();
                    Batch made = batch(size, steps)) {
                Batch batch = new Batch(layout.apply(made.x()), made.y());
                if (dropped) {
                    state.dropGradients();
                } else {
                    state.zeroGradients();
                }
                Consumer<Batch> backward = each -> {
                    computed += fake.isReplaying() ? 0 : 1;
                    besides.run();
                    torch.cross_entropy(net.output(each.x()), each.y()).backward();
                };
                if (graphs == null) {
                    backward.accept(batch);
                } else {
                    graphs.compute(batch, settings, draws, backward);
                }
                state.sgdStep(0.1);
            }
        }

        private static Batch batch(int size, int number) {
            float[] x = new float[size * 16];
            long[] y = new long[size];
            for (int i = 0; i < x.length; i++) {
                x[i] = (i * 7919L + number * 104_729L) % 257 / 100f;
            }
            for (int i = 0; i < size; i++) {
                y[i] = (i + number) % 3;
            }
            return new Batch(Tensors.of(x, size, 1, 4, 4), Tensors.of(y));
        }

        String bits() {
            try (Tensor all = state.flatten()) {
                return Tensors.sha256(all);
            }
        }

        @Override
        public void close() {
            try (net;
                    state;
                    stream;
                    StepGraphs first = graphs) {}
        }
    }

    private static List<String> times(int count, String note) {
        return Collections.nCopies(count, note);
    }

    @Test
    void shouldCaptureAShapeOnceAndReplayItThen() {
        try (Training training = new Training("once", false)) {
            for (int i = 0; i < 7; i++) {
                training.step(4, true);
            }
            assertThat(training.fake.notes)
                    .startsWith("begin", "end")
                    .hasSize(2 + 5)
                    .endsWith(times(5, "replay").toArray(String[]::new));
            // two that were not captured, one captured, and that one and the next once more to compare with
            assertThat(training.computed).isEqualTo(2 + 1 + 1 + 1);
        }
    }

    /** Whatever fails, and however steps come, bits are those of steps without graphs. */
    @Property(tries = 60)
    void shouldGiveTheBitsOfStepsWithoutGraphs(
            @ForAll @Size(min = 1, max = 24) List<@IntRange(min = 1, max = 3) Integer> sizes,
            @ForAll boolean dropped,
            @ForAll @IntRange(max = 4) int fault,
            @ForAll @IntRange(max = 20) int from) {
        String failure = List.of("", "begin", "end", "replay", "differ").get(fault);
        int first = failure.equals("differ") ? 0 : from; // a later replay is not compared
        try (LogLines log = new LogLines(StepGraphs.class);
                Training plain = new Training(null, false);
                Training captured = new Training("net", false)) {
            for (int i = 0; i < sizes.size(); i++) {
                captured.fake.fails = i >= first ? failure : "";
                plain.step(sizes.get(i), dropped);
                captured.step(sizes.get(i), dropped);
                assertThat(captured.bits()).as("step %d", i).isEqualTo(plain.bits());
            }
        }
    }

    @Test
    void shouldGoOnWithoutGraphsForGoodAfterADifference() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training plain = new Training(null, false);
                Training training = new Training("different", false)) {
            training.fake.fails = "differ";
            for (int i = 0; i < 9; i++) {
                training.step(i < 5 ? 4 : 2, true);
                plain.step(i < 5 ? 4 : 2, true);
            }
            assertThat(training.fake.notes).containsExactly("begin", "end", "replay", "close");
            assertThat(log.lines())
                    .containsExactly(
                            "steps are not captured: model=different, found=a replay with other bits than the step"
                                    + " itself, expected=the cross-entropy of a model that draws nothing, never waits for the"
                                    + " device, and whose parameters all have gradients; LibTorch takes them one operation at a"
                                    + " time, with the same results");
            assertThat(training.bits()).isEqualTo(plain.bits());
        }
    }

    /** A graph may repeat what depends on the batch that it was captured with. */
    @Test
    void shouldCompareTheNextBatchToo() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training plain = new Training(null, false);
                Training training = new Training("different later", false)) {
            for (int i = 0; i < 6; i++) {
                training.fake.fails = i == 3 ? "differ" : "";
                training.step(4, true);
                plain.step(4, true);
            }
            assertThat(training.fake.notes).containsExactly("begin", "end", "replay", "replay", "close");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("found=a replay with other bits than the step itself, ");
            assertThat(training.bits()).isEqualTo(plain.bits());
        }
    }

    /** Without a graph there may be memory: the one that a graph keeps is free again. */
    @Test
    void shouldExcuseARefusalOfMemoryThatNoResultDependsOn() {
        for (String call : List.of("begin", "replay")) {
            try (LogLines log = new LogLines(StepGraphs.class);
                    Training plain = new Training(null, false);
                    Training training = new Training("large at " + call, false)) {
                training.fake.fails = call + " without memory";
                for (int i = 0; i < 5; i++) {
                    training.step(4, true);
                    plain.step(4, true);
                }
                assertThat(training.fake.excused).as(call).containsExactly(0L);
                assertThat(log.lines()).singleElement().asString().contains("found=CUDA out of memory. Tried");
                assertThat(training.bits()).isEqualTo(plain.bits());
            }
        }
        try (LogLines log = new LogLines(StepGraphs.class);
                Training training = new Training("refused otherwise", false)) {
            training.fake.fails = "begin";
            for (int i = 0; i < 5; i++) {
                training.step(4, true);
            }
            assertThat(training.fake.excused).isEmpty();
        }
        try (LogLines log = new LogLines(StepGraphs.class);
                Training training = new Training("refused by another", false)) {
            training.besides = () -> {
                if (training.computed == 3) {
                    throw new IllegalStateException("CUDA out of memory, as a model says");
                }
            };
            for (int i = 0; i < 5; i++) {
                training.step(4, true);
            }
            assertThat(log.lines()).singleElement().asString().contains("found=CUDA out of memory, as a model says");
            assertThat(training.fake.excused)
                    .as("the allocator refused nothing")
                    .isEmpty();
        }
    }

    /** Kernels are chosen by settings when they are captured, and a graph keeps them. */
    @Test
    void shouldCaptureAnewWithOtherSettings() throws Exception {
        Context context = torch.globalContext();
        boolean benchmark = context.benchmarkCuDNN();
        try (Training training = new Training("settings", false)) {
            Runnable fiveSteps = () -> {
                for (int i = 0; i < 5; i++) {
                    training.step(4, true);
                }
            };
            StepGraphs.during(GraphMode.AUTO, Executors.callable(fiveSteps));
            StepGraphs.during(GraphMode.AUTO, Executors.callable(fiveSteps));
            assertThat(training.fake.notes).containsOnlyOnce("begin").doesNotContain("close");

            context.setBenchmarkCuDNN(!benchmark);
            StepGraphs.during(GraphMode.AUTO, Executors.callable(fiveSteps));
            assertThat(training.fake.notes.stream().filter("begin"::equals)).hasSize(2);
            assertThat(training.fake.notes).containsOnlyOnce("close");

            training.settings = "others of the model";
            StepGraphs.during(GraphMode.AUTO, Executors.callable(fiveSteps));
            assertThat(training.fake.notes.stream().filter("begin"::equals)).hasSize(3);
        } finally {
            context.setBenchmarkCuDNN(benchmark);
        }
    }

    /** LibTorch has handles of cuBLAS for each thread, which cannot be made during a capture. */
    @Test
    void shouldWarmUpInTheThreadThatCaptures() {
        try (Training training = new Training("threads", false)) {
            training.step(4, true);
            training.step(4, true);
            CompletableFuture.runAsync(() -> {
                        training.step(4, true);
                        training.step(4, true);
                        assertThat(training.fake.notes).isEmpty();
                        training.step(4, true);
                    })
                    .join();
            assertThat(training.fake.notes).containsExactly("begin", "end", "replay");
        }
    }

    @Test
    void shouldTellLayoutsInMemoryApart() {
        try (Training training = new Training("layouts", false)) {
            for (int i = 0; i < 5; i++) {
                training.step(4, true);
            }
            training.fake.notes.clear();
            training.layout = x -> x.transpose(2, 3).contiguous().transpose(2, 3);
            training.step(4, true);
            training.step(4, true);
            assertThat(training.fake.notes).isEmpty();
            training.step(4, true);
            assertThat(training.fake.notes).containsExactly("begin", "end", "replay");
        }
    }

    @Test
    void shouldNotCaptureOnASharedStream() {
        SharedStreamException shared = new SharedStreamException();
        StepGraphs.Recorder recorder = new StepGraphs.Recorder() {
            @Override
            public StepGraphs.Graph capture(Runnable work) {
                throw shared;
            }

            @Override
            public long refusals() {
                return 0;
            }

            @Override
            public void excuse(long before) {}
        };
        String text = "steps are not captured: model=shared, found=a stream that workers share, limit=32 workers for"
                + " each device, those of all open trainers; ";
        try (LogLines log = new LogLines(StepGraphs.class);
                Training training = new Training("shared", recorder, false);
                Training other = new Training("shared", recorder, false)) {
            for (int i = 0; i < 5; i++) {
                training.step(4, true);
                other.step(4, true);
            }
            assertThat(training.computed).isEqualTo(5);
            assertThat(log.lines())
                    .containsExactly(text + "LibTorch takes them one operation at a time, with the same results");
        }
        try (Training training = new Training("shared", recorder, true)) {
            training.step(4, true);
            training.step(4, true);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> training.step(4, true))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage(text + "choose stepGraphs(AUTO) or OFF, or fewer workers");
            }
        }
    }

    @Test
    void shouldFreeAllGraphsIfOneIsRefused() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training training = new Training("second shape", false)) {
            for (int i = 0; i < 3; i++) {
                training.step(4, true);
            }
            training.fake.notes.clear();
            training.fake.fails = "end";
            for (int i = 0; i < 5; i++) {
                training.step(2, true);
                training.step(4, true);
            }
            assertThat(training.fake.notes).containsExactly("replay", "replay", "begin", "end", "close");
            assertThat(log.lines()).singleElement().asString().contains("found=cannot end, ");
        }
    }

    @Test
    void shouldNotCaptureAModelThatDraws() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training training = new Training("drawing", false)) {
            training.besides = () -> {
                try (Tensor drawn = torch.empty(1)) {
                    drawn.uniform_(0, 1, new GeneratorOptional(training.draws));
                }
            };
            for (int i = 0; i < 5; i++) {
                training.step(4, true);
            }
            assertThat(training.fake.notes).isEmpty();
            assertThat(training.computed).isEqualTo(5);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("found=random numbers drawn on the processor, as by dropout, ");
        }
    }

    /** As a layer that is left out now and then: its stream must be where it would be without graphs. */
    @Test
    void shouldPutBackTheStreamOfAModelThatDrawsLate() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training plain = new Training(null, false);
                Training training = new Training("drawing late", false)) {
            for (Training each : List.of(plain, training)) {
                each.besides = () -> {
                    if (each.steps > 2) {
                        try (Tensor drawn = torch.empty(1)) {
                            drawn.uniform_(0, 1, new GeneratorOptional(each.draws));
                        }
                    }
                };
                for (int i = 0; i < 6; i++) {
                    each.step(4, true);
                }
            }
            assertThat(training.fake.notes).containsExactly("begin", "end", "replay", "close");
            assertThat(training.bits()).isEqualTo(plain.bits());
            try (Tensor found = training.draws.get_state();
                    Tensor expected = plain.draws.get_state()) {
                assertThat(found.equal(expected)).isTrue();
            }
        }
    }

    @Test
    void shouldNotCaptureAModelWithAParameterWithoutAGradient() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training training = new Training("unused", false)) {
            training.net.usesAll = false;
            for (int i = 0; i < 4; i++) {
                training.step(4, true);
            }
            assertThat(training.fake.notes).isEmpty();
            assertThat(log.lines()).singleElement().asString().contains("found=a parameter without a gradient, ");
        }
    }

    @Test
    void shouldFailEachClientIfGraphsAreRequired() {
        try (Training training = new Training("required", true)) {
            training.fake.fails = "begin";
            training.step(4, true);
            training.step(4, true);
            String text =
                    "steps are not captured: model=required, found=cannot begin, expected=the cross-entropy of a model"
                            + " that draws nothing, never waits for the device, and whose parameters all have gradients; choose"
                            + " stepGraphs(AUTO) or OFF, or change the model";
            assertThatThrownBy(() -> training.step(4, true))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(text)
                    .hasRootCauseMessage("cannot begin\nas LibTorch's calls show");
            assertThatThrownBy(() -> training.step(2, true)).hasMessage(text);
            assertThatThrownBy(() -> training.graphs.tell("a loss"))
                    .hasMessageStartingWith("steps are not captured: model=required, found=a loss, expected=");
        }
    }

    @Test
    void shouldTellOnceInAProcess() {
        try (LogLines log = new LogLines(StepGraphs.class);
                Training one = new Training("of two workers", false);
                Training other = new Training("of two workers", false)) {
            for (Training each : List.of(one, other)) {
                each.fake.fails = "begin";
                for (int i = 0; i < 4; i++) {
                    each.step(4, true);
                }
                each.graphs.tell("cannot begin");
            }
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void shouldKeepAFewGraphsAndTakeOtherShapesWithoutThem() {
        try (Training training = new Training("shapes", false)) {
            for (int size = 1; size <= StepGraphs.MOST_GRAPHS + 2; size++) {
                for (int i = 0; i < 5; i++) {
                    training.step(size, true);
                }
            }
            assertThat(training.fake.notes.stream().filter("begin"::equals)).hasSize(StepGraphs.MOST_GRAPHS);
            training.graphs.close();
            assertThat(training.fake.notes)
                    .endsWith(times(StepGraphs.MOST_GRAPHS, "close").toArray(String[]::new));
        }
    }

    /** Gradients that were dropped are copied by the graph, others added to. */
    @Test
    void shouldTellDroppedGradientsFromOthers() {
        try (Training plain = new Training(null, false);
                Training training = new Training("both", false)) {
            for (int i = 0; i < 12; i++) {
                training.step(4, i % 2 == 0);
                plain.step(4, i % 2 == 0);
            }
            assertThat(training.fake.notes.stream().filter("begin"::equals)).hasSize(2);
            assertThat(training.bits()).isEqualTo(plain.bits());
        }
    }

    /** A graph holds addresses, so it is no graph of a model that is bound elsewhere. */
    @Test
    void shouldNotReplayInOtherMemory() {
        try (Training plain = new Training(null, false);
                Training training = new Training("elsewhere", false)) {
            for (Training each : List.of(plain, training)) {
                for (int i = 0; i < 4; i++) {
                    each.step(4, true);
                }
                try (Tensor there = each.state.flatten()) {
                    each.state.bind(there);
                    each.fake.notes.clear();
                    each.step(4, true);
                }
            }
            assertThat(training.fake.notes).isEmpty();
            assertThat(training.bits()).isEqualTo(plain.bits());
        }
    }

    @Test
    void shouldLetClientsHaveGraphsOnlyIfTheyMay() throws Exception {
        try (Training training = new Training(null, false)) {
            assertThat(StepGraphs.of("net", training.state, "cuda:0")).isNull();
            for (GraphMode mode : GraphMode.values()) {
                StepGraphs made = StepGraphs.during(mode, () -> StepGraphs.of("net", training.state, "cuda:0"));
                assertThat(made != null).isEqualTo(mode != GraphMode.OFF);
            }
            assertThat(StepGraphs.of("net", training.state, "cuda:0")).isNull();
        }
    }
}
