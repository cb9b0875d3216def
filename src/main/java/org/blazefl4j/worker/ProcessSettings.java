package org.blazefl4j.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.AnomalyMode;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.CuBLASReductionOption;
import org.bytedeco.pytorch.global.torch.Float32Backend;
import org.bytedeco.pytorch.global.torch.Float32Op;
import org.bytedeco.pytorch.global.torch.Float32Precision;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A snapshot of the process-wide LibTorch settings that decide results: the default dtype, the libraries and kernels in
 * use, their precision and determinism. Can be compared with later settings, and restored.
 */
public final class ProcessSettings {

    /**
     * One setting.
     *
     * @param text converts a value to text for messages
     */
    private record Setting(String name, IntSupplier get, IntConsumer set, IntFunction<String> text) {}

    private final int[] values;

    /** Null if LibTorch reports a contradiction to {@code setFloat32Precision}. */
    private final String matmulPrecision;

    private ProcessSettings(int[] values, String matmulPrecision) {
        this.values = values;
        this.matmulPrecision = matmulPrecision;
    }

    /** Captures the current settings. */
    public static ProcessSettings take() {
        LibTorch.load();
        Setting[] all = Live.ALL;
        int[] values = new int[all.length];
        for (int i = 0; i < all.length; i++) {
            values[i] = all[i].get.getAsInt();
        }
        return new ProcessSettings(values, matmulPrecision());
    }

    private static String matmulPrecision() {
        try {
            return Live.CONTEXT.float32MatmulPrecision().intern().toString().toLowerCase(Locale.ROOT);
        } catch (RuntimeException contradiction) {
            return null;
        }
    }

    /** Returns whether all settings still have these values. Takes a third of a microsecond. */
    public boolean hold() {
        Setting[] all = Live.ALL;
        for (int i = 0; i < all.length; i++) {
            if (all[i].get.getAsInt() != values[i]) {
                return false;
            }
        }
        return true;
    }

    /** Returns the settings that differ in {@code other}, as {@code name=value} with the values of this object. */
    public List<String> otherThan(ProcessSettings other) {
        List<String> differing = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] != other.values[i]) {
                Setting setting = Live.ALL[i];
                differing.add(setting.name + "=" + setting.text.apply(values[i]));
            }
        }
        return differing;
    }

    /** Restores the settings that have changed. */
    public void restore() {
        Setting[] all = Live.ALL;
        for (int i = 0; i < all.length; i++) {
            if (all[i].get.getAsInt() != values[i]) {
                all[i].set.accept(values[i]);
            }
        }
        if (matmulPrecision != null && !matmulPrecision.equals(matmulPrecision())) {
            Live.CONTEXT.setFloat32MatmulPrecision(matmulPrecision);
        }
    }

    /** The settings. The context lives as long as the process. */
    private static final class Live {

        static final Context CONTEXT = torch.globalContext();

        static final Setting[] ALL = Context.hasCUDA() ? concat(everywhere(), onCuda()) : everywhere();

        private static Setting[] everywhere() {
            return new Setting[] {
                new Setting(
                        "defaultDtype",
                        () -> torch.get_default_dtype_as_scalartype().value,
                        Live::setDefaultDtype,
                        value -> scalarType(value).name()),
                flag("oneDnnEnabled", CONTEXT::userEnabledMkldnn, CONTEXT::setUserEnabledMkldnn),
                flag("deterministicOneDnn", CONTEXT::deterministicMkldnn, CONTEXT::setDeterministicMkldnn),
                flag("nnpackEnabled", CONTEXT::userEnabledNNPACK, CONTEXT::setUserEnabledNNPACK),
                flag(
                        "deterministicAlgorithms",
                        CONTEXT::deterministicAlgorithms,
                        on -> CONTEXT.setDeterministicAlgorithms(on, CONTEXT.deterministicAlgorithmsWarnOnly())),
                flag(
                        "deterministicAlgorithmsWarnOnly",
                        CONTEXT::deterministicAlgorithmsWarnOnly,
                        on -> CONTEXT.setDeterministicAlgorithms(CONTEXT.deterministicAlgorithms(), on)),
                flag(
                        "fillUninitializedMemory",
                        CONTEXT::deterministicFillUninitializedMemory,
                        CONTEXT::setDeterministicFillUninitializedMemory),
                flag("deterministicCuDnn", CONTEXT::deterministicCuDNN, CONTEXT::setDeterministicCuDNN),
                flag("benchmarkCuDnn", CONTEXT::benchmarkCuDNN, CONTEXT::setBenchmarkCuDNN),
                precision("oneDnnMatmulPrecision", Float32Backend.MKLDNN, Float32Op.MATMUL),
                precision("oneDnnConvPrecision", Float32Backend.MKLDNN, Float32Op.CONV),
                precision("oneDnnRnnPrecision", Float32Backend.MKLDNN, Float32Op.RNN),
                flag("fp16ReductionCpu", CONTEXT::allowFP16ReductionCPU, CONTEXT::setAllowFP16ReductionCPU),
                flag("flashAttention", CONTEXT::userEnabledFlashSDP, CONTEXT::setSDPUseFlash),
                flag("memoryEfficientAttention", CONTEXT::userEnabledMemEfficientSDP, CONTEXT::setSDPUseMemEfficient),
                flag("mathAttention", CONTEXT::userEnabledMathSDP, CONTEXT::setSDPUseMath),
                flag(
                        "halfReductionMathAttention",
                        CONTEXT::allowFP16BF16ReductionMathSDP,
                        CONTEXT::setAllowFP16BF16ReductionMathSDP),
                flag(
                        "anomalyMode",
                        AnomalyMode::is_enabled,
                        on -> AnomalyMode.set_enabled(on, AnomalyMode.should_check_nan())),
                new Setting(
                        "blasThreads",
                        openblas_nolapack::blas_get_num_threads,
                        openblas_nolapack::blas_set_num_threads,
                        Integer::toString),
            };
        }

        /** Settings that have no effect without CUDA. */
        private static Setting[] onCuda() {
            return new Setting[] {
                flag("cuDnnEnabled", CONTEXT::userEnabledCuDNN, CONTEXT::setUserEnabledCuDNN),
                precision("cudaMatmulPrecision", Float32Backend.CUDA, Float32Op.MATMUL),
                precision("cudaConvPrecision", Float32Backend.CUDA, Float32Op.CONV),
                precision("cudaRnnPrecision", Float32Backend.CUDA, Float32Op.RNN),
                reduction(
                        "fp16ReductionCuBlas",
                        () -> CONTEXT.allowFP16ReductionCuBLAS().value,
                        CONTEXT::setAllowFP16ReductionCuBLAS),
                reduction(
                        "bf16ReductionCuBlas",
                        () -> CONTEXT.allowBF16ReductionCuBLAS().value,
                        CONTEXT::setAllowBF16ReductionCuBLAS),
                flag(
                        "fp16AccumulationCuBlas",
                        CONTEXT::allowFP16AccumulationCuBLAS,
                        CONTEXT::setAllowFP16AccumulationCuBLAS),
                flag("cuDnnAttention", CONTEXT::userEnabledCuDNNSDP, CONTEXT::setSDPUseCuDNN),
            };
        }

        private static Setting[] concat(Setting[] first, Setting[] second) {
            return Stream.of(first, second).flatMap(Stream::of).toArray(Setting[]::new);
        }

        private static Setting flag(String name, BooleanSupplier get, Consumer<Boolean> set) {
            return new Setting(
                    name,
                    () -> get.getAsBoolean() ? 1 : 0,
                    value -> set.accept(value != 0),
                    value -> Boolean.toString(value != 0));
        }

        /** Full precision has two values: {@code setFloat32MatmulPrecision("highest")} replaces one by the other. */
        private static Setting precision(String name, Float32Backend backend, Float32Op op) {
            return new Setting(
                    name,
                    () -> {
                        int value = CONTEXT.float32Precision(backend.value, op.value);
                        return value == Float32Precision.NONE.value ? Float32Precision.IEEE.value : value;
                    },
                    value -> CONTEXT.setFloat32Precision(backend.value, op.value, value),
                    value -> Float32Precision.values()[value].name());
        }

        private static Setting reduction(String name, IntSupplier get, Reduction set) {
            return new Setting(
                    name,
                    get,
                    value -> set.accept(
                            value == CuBLASReductionOption.AllowReducedPrecisionWithSplitK.value,
                            value != CuBLASReductionOption.DisallowReducedPrecisionDisallowSplitK.value),
                    value -> CuBLASReductionOption.values()[value].name());
        }

        @FunctionalInterface
        private interface Reduction {
            void accept(boolean reduced, boolean splitK);
        }

        private static ScalarType scalarType(int value) {
            for (ScalarType type : ScalarType.values()) {
                if (type.value == value) {
                    return type;
                }
            }
            throw new IllegalStateException("unknown dtype: value=" + value);
        }

        private static void setDefaultDtype(int value) {
            try (PointerScope scope = new PointerScope()) {
                torch.set_default_dtype(torch.scalarTypeToTypeMeta(scalarType(value)));
            }
        }
    }
}
