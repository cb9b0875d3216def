package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.List;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GradMode;
import org.junit.jupiter.api.Test;

/** The same work on the processor. */
final class CudaWarmUpTest {

    @Test
    void shouldGoForwardAndBackAndLeaveNothing() {
        byte[] generator = DefaultGenerator.state();
        GradMode.set_enabled(false);
        try (Device device = new Device("cpu")) {
            // each of 27 weights of filters meets 2 x 4 places and 5 outputs, each of 60 weights 2 sums of 9
            assertThat(CudaWarmUp.compute(device)).isEqualTo(27 * 8 * 5 + 60 * 2 * 9);
            assertThat(GradMode.is_enabled()).isFalse();
        } finally {
            GradMode.set_enabled(true);
        }
        assertThat(DefaultGenerator.state()).isEqualTo(generator);
    }

    @Test
    void shouldDoNothingWithoutDevices() {
        assumeThat(CudaState.current().hasDevices()).isFalse();
        try (Device device = new Device("cuda:0")) {
            assertThatThrownBy(() -> CudaWarmUp.compute(device)).isInstanceOf(RuntimeException.class);
        }
        assertThatCode(() -> CudaWarmUp.run(List.of(0, 1))).doesNotThrowAnyException();
    }
}
