package org.blazefl4j.reproducibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.reproducibility.RandomStreamsTest.draws;

import java.util.List;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

final class RngSuiteTest {

    @Test
    void shouldGiveTheNumbersOfPyTorchForItsSeed() {
        try (RngSuite suite = RngSuite.create(42)) {
            assertThat(draws(suite.cpu(), 5)).containsExactly(14802022L, 15351219L, 6423388L, 16094478L, 6550634L);
        }
    }

    @Test
    void shouldUseTheHighHalfOfASeed() {
        try (RngSuite small = RngSuite.create(42);
                RngSuite large = RngSuite.create(42 + (1L << 32))) {
            assertThat(draws(large.cpu(), 5)).isNotEqualTo(draws(small.cpu(), 5));
        }
    }

    @Test
    void shouldContinueFromACapturedState() {
        try (RngSuite first = RngSuite.create(7);
                RngSuite second = RngSuite.create(8)) {
            draws(first.cpu(), 1000);
            first.java().nextLong();
            RngSuite.State state = first.state();
            List<Long> expected = draws(first.cpu(), 20);
            long expectedJava = first.java().nextLong();

            second.restore(state);

            assertThat(draws(second.cpu(), 20)).isEqualTo(expected);
            assertThat(second.java().nextLong()).isEqualTo(expectedJava);
        }
    }

    @Test
    void shouldHaveACudaGeneratorExactlyIfThereIsADevice() {
        LibTorch.load();
        try (RngSuite suite = RngSuite.create(7)) {
            assertThat(suite.cuda().isPresent()).isEqualTo(torch.hasCUDA());
        }
    }

    @Test
    void shouldRefuseAStateOfOtherDevices() {
        try (RngSuite suite = RngSuite.create(7)) {
            RngSuite.State state = suite.state();
            byte[] other = suite.cuda().isPresent() ? null : new byte[16];

            assertThatThrownBy(() -> suite.restore(new RngSuite.State(state.java(), state.cpu(), other)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(
                            "state of other devices: cuda=" + suite.cuda().isPresent());
        }
    }

    @Test
    void shouldRefuseBytesThatAreNotAState() {
        try (RngSuite suite = RngSuite.create(7)) {
            RngSuite.State state = suite.state();

            assertThatThrownBy(() -> suite.restore(new RngSuite.State(1, new byte[3], state.cuda())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "state of another kind of generator: bytes=3, expected=5056; restore a state saved from a"
                                    + " generator of the same device");
        }
    }
}
