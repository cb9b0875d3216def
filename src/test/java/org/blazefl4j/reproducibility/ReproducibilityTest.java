package org.blazefl4j.reproducibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.reproducibility.RandomStreamsTest.draws;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.blazefl4j.reproducibility.Reproducibility.RandomStateSnapshot;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ReproducibilityTest {

    private RandomStateSnapshot before;

    @BeforeEach
    void capture() {
        before = RandomStateSnapshot.capture();
    }

    @AfterEach
    void restore() {
        before.restore();
    }

    @Test
    void shouldSeedTheDefaultGeneratorLikePyTorchAndAllowDeterministicAlgorithmsOnly() {
        withOtherSettings(context -> {
            Reproducibility.seedEverything(42);

            assertThat(draws(torch.getDefaultCPUGenerator(), 5))
                    .containsExactly(14802022L, 15351219L, 6423388L, 16094478L, 6550634L);
            assertDeterministic(context);
        });
    }

    @Test
    void shouldAllowDeterministicAlgorithmsOnlyAndSeedNothing() {
        withOtherSettings(context -> {
            byte[] last = DefaultGenerator.look();

            Reproducibility.setupReproducibility();

            assertDeterministic(context);
            assertThat(DefaultGenerator.movedSince(last)).isFalse();
        });
    }

    private static void assertDeterministic(Context context) {
        assertThat(context.deterministicAlgorithms()).isTrue();
        assertThat(context.deterministicAlgorithmsWarnOnly()).isFalse();
        assertThat(context.deterministicCuDNN()).isTrue();
        assertThat(context.benchmarkCuDNN()).isFalse();
    }

    /** Starts from settings that differ from the expected ones; restores the original ones. */
    private static void withOtherSettings(Consumer<Context> test) {
        LibTorch.load();
        Context context = torch.globalContext();
        boolean algorithms = context.deterministicAlgorithms();
        boolean warnOnly = context.deterministicAlgorithmsWarnOnly();
        boolean cuDnn = context.deterministicCuDNN();
        boolean benchmark = context.benchmarkCuDNN();
        try {
            context.setBenchmarkCuDNN(true);
            test.accept(context);
        } finally {
            context.setDeterministicAlgorithms(algorithms, warnOnly);
            context.setDeterministicCuDNN(cuDnn);
            context.setBenchmarkCuDNN(benchmark);
        }
    }

    @Test
    void shouldRepeatDrawsAfterEachRestore() {
        try (Tensor odd = torch.randn(3)) {
            assertThat(odd.numel()).isEqualTo(3); // an odd count leaves one normal number stored
        }
        RandomStateSnapshot snapshot = RandomStateSnapshot.capture();
        List<Float> first = normals();

        snapshot.restore();
        List<Float> second = normals();
        snapshot.restore();

        assertThat(second).isEqualTo(first);
        assertThat(normals()).isEqualTo(first);
    }

    @Test
    void shouldRefuseASnapshotOfOtherDevices() {
        List<byte[]> more = new ArrayList<>(before.cuda());
        more.add(new byte[16]);

        assertThatThrownBy(() -> new RandomStateSnapshot(before.cpu(), more).restore())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("different number of devices: cuda_devices="
                        + before.cuda().size() + ", expected=" + more.size()
                        + "; restore on a machine with as many devices");
    }

    @Test
    void shouldDetectEveryKindOfDraw() {
        byte[] last = DefaultGenerator.look();
        assertThat(DefaultGenerator.movedSince(last)).isFalse();

        torch.rand(1).close();
        assertThat(DefaultGenerator.movedSince(last)).as("one number").isTrue();
        torch.rand(624).close();
        assertThat(DefaultGenerator.movedSince(last))
                .as("a whole turn of the twister")
                .isTrue();
        torch.randn(1).close();
        assertThat(DefaultGenerator.movedSince(last)).as("a normal number").isTrue();
        torch.randn(1).close();
        assertThat(DefaultGenerator.movedSince(last))
                .as("the normal number in store")
                .isTrue();
        torch.manual_seed(3);
        assertThat(DefaultGenerator.movedSince(last)).as("another seed").isTrue();
        assertThat(DefaultGenerator.movedSince(last)).isFalse();
    }

    @Test
    void shouldCheckTheDefaultGeneratorWithoutWaiting() {
        byte[] last = DefaultGenerator.look();
        assertThat(DefaultGenerator.isStillAt(last)).isTrue();

        torch.rand(1).close();
        assertThat(DefaultGenerator.isStillAt(last)).isFalse();
        assertThat(DefaultGenerator.movedSince(last)).isTrue();
        assertThat(DefaultGenerator.isStillAt(last)).isTrue();
    }

    @Test
    void shouldNotMistakeALaterRestoredStateForTheGenerators() {
        torch.manual_seed(3);
        byte[] last = DefaultGenerator.look();
        torch.rand(1).close();

        boolean inside = DefaultGenerator.seeded(3, () -> DefaultGenerator.isStillAt(last));

        assertThat(inside).isFalse();
        assertThat(DefaultGenerator.isStillAt(last)).isFalse();
    }

    @Test
    void shouldDetectNoDrawIfTheStateWasRestored() {
        byte[] last = DefaultGenerator.look();

        DefaultGenerator.seeded(3, () -> torch.rand(5)).close();

        assertThat(DefaultGenerator.movedSince(last)).isFalse();
    }

    private static List<Float> normals() {
        List<Float> numbers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Tensor drawn = torch.randn(1)) {
                numbers.add(drawn.item_float());
            }
        }
        return numbers;
    }
}
