package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.torch.NumericEnvironment;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The settings are LibTorch's own, which needs no CUDA to keep them. */
final class CudaNumericsTest {

    private static final String[] CHANGES = {
        "cudaConvPrecision: TF32 against IEEE",
        "cudaRnnPrecision: TF32 against IEEE",
        "deterministicAlgorithms: false against true",
        "deterministicCuDnn: false against true",
        "fillUninitializedMemory: true against false"
    };

    private final NumericEnvironment before = NumericEnvironment.capture();

    @AfterEach
    void putBack() {
        before.applySettings();
    }

    private String[] changes() {
        return before.differences(NumericEnvironment.capture()).toArray(String[]::new);
    }

    @Test
    void shouldTurnTf32OffUntilTheLastScopeIsClosed() {
        CudaNumerics first = CudaNumerics.scope(false);
        CudaNumerics second = CudaNumerics.scope(false);
        first.close();
        first.close();
        assertThat(changes()).containsExactly(CHANGES);
        assertThat(NumericEnvironment.capture().float32MatmulPrecision()).isEqualTo("HIGHEST");

        second.close();
        assertThat(changes()).isEmpty();
    }

    @Test
    void shouldStopCuDnnFromMeasuring() {
        torch.globalContext().setBenchmarkCuDNN(true);
        try (CudaNumerics scope = CudaNumerics.scope(false)) {
            assertThat(torch.globalContext().benchmarkCuDNN()).isFalse();
        }
        assertThat(torch.globalContext().benchmarkCuDNN()).isTrue();
    }

    @Test
    void shouldChangeNothingForTheProcessor() {
        try (CudaNumerics scope = CudaNumerics.scope(true)) {
            assertThat(changes()).isEmpty();
        }
    }

    @Test
    void shouldLeaveWhatWasSetMeanwhile() {
        torch.globalContext().setBenchmarkCuDNN(true);
        try (CudaNumerics scope = CudaNumerics.scope(false)) {
            torch.globalContext().setBenchmarkCuDNN(true);
            torch.globalContext().setDeterministicCuDNN(false);
        }
        assertThat(torch.globalContext().benchmarkCuDNN()).isTrue();
        assertThat(torch.globalContext().deterministicCuDNN()).isFalse();
    }
}
