package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.blazefl4j.contrib.common.LocalSteps.Changes;
import org.blazefl4j.contrib.common.LocalVariant.Hook;
import org.blazefl4j.contrib.common.LocalVariant.Loss;
import org.blazefl4j.contrib.common.LocalVariant.Terms;
import org.blazefl4j.contrib.support.TrainingLoop;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.StopEvent;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.FakeGraphs;
import org.blazefl4j.cuda.StepGraphs;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RandomStream;
import org.blazefl4j.reproducibility.RandomStreams;
import org.blazefl4j.step.ModelEngine;
import org.blazefl4j.torch.FlatParameters;
import org.blazefl4j.torch.FlatRanges;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.LogLines;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Trainings of a model with batch normalisation whose gradients are captured, as on a device, and of the same without.
 */
final class LocalStepsTest {

    private static final class Net extends Model {
        private final Conv2dImpl conv = conv2d("conv", 1, 2, 3);
        private final BatchNorm2dImpl norm = batchNorm2d("norm", 2);
        private final LinearImpl fc = linear("fc", 8, Tiny.CLASSES);

        @Override
        public Tensor forward(Tensor x) {
            return fc.forward(norm.forward(conv.forward(x)).relu().flatten(1, -1));
        }
    }

    /** A hook that changes the gradient, as variance reduction does. */
    private static final Hook HALF = new Hook() {
        @Override
        public void after(Batch batch, Tensor model, Tensor gradient) {
            gradient.mul_(new Scalar(0.5));
        }
    };

    /** What a training does besides, given its state and a model that all began with. */
    @FunctionalInterface
    private interface Variant {
        Changes of(FlatParameters state, Tensor start);
    }

    private static final Variant PLAIN = (state, start) -> new Changes(Terms.NONE, null, null);

    private static LocalOptions options() {
        return LocalOptions.of(new SgdOptions(6, 5, 0.1));
    }

    static List<Arguments> trainings() {
        LocalOptions plain = options();
        LocalOptions momentum = plain.withRule(StepRule.sgd().withMomentum(0.9).withWeightDecay(1e-3));
        Variant pull = (state, start) -> new Changes(new Terms(null, 0.1, start, FlatRanges.NONE), null, null);
        Variant frozen = (state, start) ->
                new Changes(new Terms(null, 0, null, state.named(name -> name.startsWith("conv"))), null, null);
        Variant hook = (state, start) -> new Changes(Terms.NONE, HALF, null);
        return List.of(
                Arguments.of("plain", plain, PLAIN),
                Arguments.of("momentum", momentum, PLAIN),
                Arguments.of("Adam", plain.withRule(StepRule.adamW()), PLAIN),
                Arguments.of("clipped", plain.withMaxGradNorm(0.5), PLAIN),
                Arguments.of(
                        "another rate at each step",
                        plain.withSchedule(Schedule.cosine(20, 0.1).withStepsForRounds()),
                        PLAIN),
                Arguments.of("pulled", plain, pull),
                Arguments.of("frozen", momentum, frozen),
                Arguments.of("hook", momentum, hook));
    }

    private record Outcome(String bits, List<String> notes) {}

    private static WorkerContext context() {
        return (WorkerContext) Proxy.newProxyInstance(
                LocalStepsTest.class.getClassLoader(), new Class<?>[] {WorkerContext.class}, (proxy, method, args) -> {
                    assertThat(method.getName()).isEqualTo("round");
                    return 0;
                });
    }

    /** Trains on 23 samples in batches of 5, so that each epoch ends with one of 3. */
    private static Outcome train(@Nullable String name, boolean required, LocalOptions options, Variant variant) {
        try (TinyData data = TinyData.evenly(23, 1);
                Net net = DefaultGenerator.seeded(5, Net::new);
                FlatParameters state = FlatParameters.of(net);
                LocalOptimizer optimizer = new LocalOptimizer(state);
                ModelEngine engines = new ModelEngine(net);
                Tensor start = state.flatten();
                RandomStream order = RandomStreams.stream(1, 0, 0, "shuffle");
                RandomStream dropout = RandomStreams.stream(1, 0, 0, "dropout")) {
            net.setNumerics(Numerics.DEFAULT.withEngine(Engine.LIBTORCH));
            net.train(true);
            state.bindUndefined();
            state.load(start);
            FakeGraphs fake = new FakeGraphs(state);
            optimizer.begin(options, LocalVariant.PLAIN, context());
            try (StepGraphs graphs = name == null ? null : fake.steps(name, required)) {
                LocalSteps steps = new LocalSteps(
                        net,
                        Device.CPU,
                        state,
                        optimizer,
                        engines,
                        graphs,
                        variant.of(state, start),
                        start,
                        () -> dropout);
                DataLoader loader = options.loader(data.whole(), order, null);
                TrainingLoop.run(loader, options.epochs(), steps, StopEvent.create());
                net.setGenerator(null);
                try (Tensor all = state.flatten()) {
                    return new Outcome(Tensors.sha256(all), new ArrayList<>(fake.notes));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("trainings")
    void shouldGiveTheBitsOfTrainingsWithoutGraphs(String name, LocalOptions options, Variant variant) {
        Outcome captured = train(name, true, options, variant);

        assertThat(captured.bits).isEqualTo(train(null, false, options, variant).bits);
        // of 24 steps of 5 samples and 6 of 3, two each are not replayed
        assertThat(Collections.frequency(captured.notes, "begin")).isEqualTo(2);
        assertThat(Collections.frequency(captured.notes, "replay")).isEqualTo(24 - 2 + 6 - 2);
    }

    /** Such a loss may use tensors of one client. */
    @Test
    void shouldNotCaptureALossOfTheAlgorithmsOwn() {
        Loss loss = (model, batch) -> model.output(batch.x()).square().mean();
        Variant own = (state, start) -> new Changes(Terms.NONE, null, loss);
        try (LogLines log = new LogLines(StepGraphs.class)) {
            Outcome captured = train("own loss", false, options(), own);

            assertThat(captured.bits).isEqualTo(train(null, false, options(), own).bits);
            assertThat(captured.notes).isEmpty();
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "steps are not captured: model=own loss, found=a loss of the algorithm's own, expected=");
        }
        assertThatThrownBy(() -> train("own loss", true, options(), own))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("found=a loss of the algorithm's own, ")
                .hasMessageEndingWith("; choose stepGraphs(AUTO) or OFF, or change the model");
    }
}
