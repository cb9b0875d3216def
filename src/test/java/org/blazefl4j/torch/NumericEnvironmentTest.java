package org.blazefl4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Float32Backend;
import org.bytedeco.pytorch.global.torch.Float32Op;
import org.bytedeco.pytorch.global.torch.Float32Precision;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class NumericEnvironmentTest {

    @Test
    void shouldFindNoDifferenceBetweenTwoCaptures() {
        assertThat(NumericEnvironment.capture().differences(NumericEnvironment.capture()))
                .isEmpty();
    }

    @Test
    void shouldRecordTheLibraries() {
        NumericEnvironment here = NumericEnvironment.capture();

        assertThat(here.blazefl4j()).matches("\\d+\\.\\d+\\.\\d+\\S*");
        assertThat(here.libTorch()).isEqualTo("2.10.0");
        assertThat(here.libc()).matches("glibc \\d+\\.\\d+");
        assertThat(here.javaCpp()).isEqualTo("1.5.13");
        assertThat(here.blas()).startsWith("OpenBLAS 0.3.31");
        assertThat(here.cpuCapability()).isIn("DEFAULT", "AVX2", "AVX512");
        assertThat(here.oneDnn()).contains("MKL-DNN v3.");
    }

    @Test
    void shouldRecordTheProcessorLikeLinux() throws IOException {
        NumericEnvironment here = NumericEnvironment.capture();
        String cpuinfo = Files.readString(Path.of("/proc/cpuinfo"));

        assertThat(cpuinfo).containsPattern("model name\\s*: " + Pattern.quote(here.cpuModel()));
        assertThat(here.cpuFeatures().contains("avx2")).isEqualTo(cpuinfo.contains(" avx2 "));
    }

    @Test
    void shouldNameVariablesThatChangeOneDnnsResults() {
        assertThat(NumericEnvironment.oneDnnVariables(Map.of("PATH", "/bin", "ONEDNN_VERBOSE", "1")))
                .isEqualTo("none");
        assertThat(NumericEnvironment.oneDnnVariables(
                        Map.of("ONEDNN_MAX_CPU_ISA", "AVX2", "PATH", "/bin", "DNNL_DEFAULT_FPMATH_MODE", "BF16")))
                .isEqualTo("DNNL_DEFAULT_FPMATH_MODE=BF16 ONEDNN_MAX_CPU_ISA=AVX2");
    }

    @Test
    void shouldNameAThreadCountThatDiffers() {
        NumericEnvironment one;
        try (IntraOpThreads scope = IntraOpThreads.scope(1)) {
            one = NumericEnvironment.capture();
        }
        try (IntraOpThreads scope = IntraOpThreads.scope(2)) {
            assertThat(one.differences(NumericEnvironment.capture())).containsExactly("intraOpThreads: 1 against 2");
        }
    }

    @Test
    void shouldNameAndCopyEverySettingThatDiffers() {
        NumericEnvironment before = NumericEnvironment.capture();
        try {
            torch.globalContext().setDeterministicAlgorithms(true, false);
            torch.globalContext().setDeterministicCuDNN(true);
            torch.globalContext().setBenchmarkCuDNN(true);
            torch.globalContext().setDeterministicFillUninitializedMemory(false);
            for (Float32Op op : new Float32Op[] {Float32Op.CONV, Float32Op.RNN}) {
                torch.globalContext()
                        .setFloat32Precision(Float32Backend.CUDA.value, op.value, Float32Precision.IEEE.value);
            }
            torch.globalContext().setUserEnabledMkldnn(false);
            torch.globalContext().setFloat32MatmulPrecision("medium");
            torch.set_default_dtype(torch.scalarTypeToTypeMeta(ScalarType.Double));
            assertThat(Context.setFlushDenormal(true)).isTrue();
            NumericEnvironment changed = NumericEnvironment.capture();

            assertThat(before.differences(changed))
                    .containsExactly(
                            "oneDnnEnabled: true against false",
                            "defaultDtype: Float against Double",
                            "float32MatmulPrecision: HIGHEST against MEDIUM",
                            "cudaConvPrecision: TF32 against IEEE",
                            "cudaRnnPrecision: TF32 against IEEE",
                            "deterministicAlgorithms: false against true",
                            "deterministicCuDnn: false against true",
                            "benchmarkCuDnn: false against true",
                            "fillUninitializedMemory: true against false",
                            "flushDenormal: false against true");
            before.applySettings();
            assertThat(before.differences(NumericEnvironment.capture())).isEmpty();
            changed.applySettings();
            assertThat(changed.differences(NumericEnvironment.capture())).isEmpty();
        } finally {
            before.applySettings();
        }
    }

    @Test
    void shouldBeAMapOfPlainValues() {
        Map<String, Object> parts = NumericEnvironment.capture().toMap();

        assertThat(parts).hasSize(NumericEnvironment.class.getRecordComponents().length);
        assertThat(parts.keySet())
                .startsWith("blazefl4j", "libTorch", "javaCpp", "libc", "blas", "cpuModel")
                .endsWith("intraOpThreads");
        assertThat(parts.values())
                .allMatch(value -> value instanceof String || value instanceof Number || value instanceof Boolean);
    }
}
