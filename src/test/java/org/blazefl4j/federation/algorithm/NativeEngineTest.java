package org.blazefl4j.federation.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.blazefl4j.federation.FederationRuns.CLIENTS;
import static org.blazefl4j.federation.FederationRuns.hashes;
import static org.blazefl4j.federation.FederationRuns.model;

import java.util.List;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.Schedule;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.data.DataLoader;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.model.Engine;
import org.blazefl4j.model.Layer;
import org.blazefl4j.model.Model;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Sequential;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.torch.StepRule;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Algorithms whose nets the native engine computes. */
final class NativeEngineTest {

    private static final int ROUNDS = 3;

    /** Rounding grows in some steps; other samples or another order would change the second digit. */
    private static final double ROUNDING = 2e-4;

    private final TinyData data = TinyData.evenly(62, CLIENTS);

    @AfterEach
    void close() {
        data.close();
    }

    enum Net {
        PLAIN,
        DROPPING
    }

    record Selector(Engine engine) implements ModelSelector<Net> {

        @Override
        public Model selectModel(Net name) {
            Model model = DefaultGenerator.seeded(1, () -> make(name));
            model.setNumerics(Numerics.DEFAULT.withEngine(engine));
            return model;
        }

        private static Model make(Net name) {
            Sequential net = new Sequential().add("conv", Layer.convolution(1, 4, 3, 1));
            net.add(Layer.maxPool(), Layer.relu());
            if (name == Net.DROPPING) {
                net.add(Layer.dropout(0.5));
            }
            return net.add(Layer.flatten()).add("fc", Layer.linear(16, Tiny.CLASSES));
        }
    }

    private Federation federation(Net net, Engine engine, int rounds) {
        return Federation.of(
                        new Selector(engine),
                        net,
                        data.partitions(),
                        ServerOptions.of(rounds, CLIENTS).withSampleRatio(0.7))
                .local(new SgdOptions(2, 4, 0.05));
    }

    private static double distance(float[] one, float[] other) {
        double most = 0;
        for (int i = 0; i < one.length; i++) {
            most = Math.max(most, Math.abs(one[i] - other[i]));
        }
        return most;
    }

    @Test
    void shouldEvaluateAModelByBatches() {
        try (Model model = new Selector(Engine.NATIVE).selectModel(Net.PLAIN);
                Model reference = new Selector(Engine.LIBTORCH).selectModel(Net.PLAIN)) {
            var test = data.partitions().getDataset(PartitionType.TEST, null);

            Evaluation batches = Evaluation.of(model, new DataLoader(test, 7), Device.CPU);

            assertThat(batches).isEqualTo(Evaluation.of(model, new DataLoader(test, 62), Device.CPU));
            Evaluation expected = Evaluation.of(reference, new DataLoader(test, 62), Device.CPU);
            assertThat(batches.loss()).isCloseTo(expected.loss(), within(1e-6));
            assertThat(batches.squaredLoss()).isCloseTo(expected.squaredLoss(), within(1e-6));
            assertThat(batches.accuracy()).isEqualTo(expected.accuracy());
        }
    }

    /** The same samples in the same order, terms, hooks and rules: only rounding differs. */
    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = "MOON.*")
    void shouldTrainAsLibTorchDoes(Catalogue algorithm) {
        float[] natively = model(algorithm.of(federation(Net.PLAIN, Engine.NATIVE, 1)));
        float[] byLibTorch = model(algorithm.of(federation(Net.PLAIN, Engine.LIBTORCH, 1)));

        assertThat(natively).isNotEqualTo(byLibTorch);
        assertThat(distance(natively, byLibTorch)).isLessThan(ROUNDING);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = "MOON.*")
    void shouldGiveTheSameBitsInThreads(Catalogue algorithm) {
        List<String> expected = hashes(algorithm.of(federation(Net.DROPPING, Engine.NATIVE, ROUNDS)));
        assertThat(expected).doesNotHaveDuplicates();
        for (int workers : new int[] {1, 3}) {
            assertThat(hashes(
                            algorithm.of(federation(Net.DROPPING, Engine.NATIVE, ROUNDS)),
                            ExecutionMode.MULTI_THREADED,
                            workers))
                    .as("workers=%d", workers)
                    .isEqualTo(expected);
        }
    }

    /** What crosses does not depend on the engine: one algorithm of each way to train. The soak runs all. */
    @Slow
    @ParameterizedTest
    @EnumSource(names = {"SCAFFOLD_FULL_GRADIENTS", "FEDREP", "PER_FEDAVG_HF"})
    void shouldGiveTheSameBitsInProcesses(Catalogue algorithm) {
        requireSameBitsInProcesses(algorithm);
    }

    @Tag("soak")
    @ParameterizedTest
    @EnumSource(mode = Mode.MATCH_NONE, names = "MOON.*")
    void shouldGiveTheSameBitsInProcessesWithEveryAlgorithm(Catalogue algorithm) {
        requireSameBitsInProcesses(algorithm);
    }

    private void requireSameBitsInProcesses(Catalogue algorithm) {
        assertThat(hashes(
                        algorithm.of(federation(Net.DROPPING, Engine.NATIVE, ROUNDS)), ExecutionMode.MULTI_PROCESS, 2))
                .isEqualTo(hashes(algorithm.of(federation(Net.DROPPING, Engine.NATIVE, ROUNDS))));
    }

    @Test
    void shouldBeWhatAutoChoosesForSuchNets() {
        assertThat(hashes(federation(Net.DROPPING, Engine.AUTO, ROUNDS)))
                .isEqualTo(hashes(federation(Net.DROPPING, Engine.NATIVE, ROUNDS)));
    }

    /** A transform has batches read one by one, in the same order. */
    @Test
    void shouldGiveTheSameBitsWhetherSamplesAreReadInPlaceOrInBatches() {
        LocalOptions adam = LocalOptions.of(new SgdOptions(2, 3, 0.01))
                .withRule(StepRule.adamW())
                .withSchedule(Schedule.exponential(0.9).withStepsForRounds())
                .withMaxGradNorm(0.5)
                .withStragglers(0.5)
                .withKeepState(true);
        List<String> inPlace =
                hashes(federation(Net.DROPPING, Engine.NATIVE, ROUNDS).local(adam));
        data.transformed((x, generator) -> x);
        assertThat(hashes(federation(Net.DROPPING, Engine.NATIVE, ROUNDS).local(adam)))
                .isEqualTo(inPlace);
    }

    /** On every processor with AVX2 or AVX-512; without, LibTorch has other bits in its part. */
    @ParameterizedTest
    @CsvSource({
        "PLAIN, FEDAVG, a1146207773b43083e9d94fd1a63db9e4bdcf1c2da6e703516d07a9e778c5516",
        "DROPPING, FEDAVG, 78de7cb29a5924f25a0728d74ee4692899d26e315646720efdced78a15bfae7f",
        "PLAIN, SCAFFOLD, fedcfdbe4286922ac3bea1b01179d036eda6112617a14ba66c9ec15ab4c3853c",
        "DROPPING, SCAFFOLD, ca3794f3147e1c2c572820899b4070b2a4b27e96f4af6182a0ab923be4727d3d"
    })
    void shouldKeepItsBits(Net net, Catalogue algorithm, String expected) {
        assumeThat(torch.get_cpu_capability().getString()).isNotEqualTo("DEFAULT");
        assertThat(hashes(algorithm.of(federation(net, Engine.NATIVE, ROUNDS))).get(ROUNDS - 1))
                .isEqualTo(expected);
    }
}
