package org.blazefl4j.worker;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.BytePointer;
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
import org.jspecify.annotations.Nullable;

/**
 * The process-wide LibTorch settings that decide results: the default dtype, the libraries and kernels in use, their
 * precision and determinism.
 */
public final class ProcessSettings extends SettingsSnapshot {

    static {
        LibTorch.load();
    }

    /** Lives as long as the process. */
    private static final Context CONTEXT = torch.globalContext();

    /**
     * The context's members, read in place: to ask for each setting takes longer than all else around a small client.
     */
    private static final ByteBuffer MEMBERS = members();

    /** Settings that no member of the context tells. */
    private static final Setting[] ELSEWHERE = {
        Setting.dtype(
                "defaultDtype", () -> torch.get_default_dtype_as_scalartype().value, ProcessSettings::setDefaultDtype),
        precision("oneDnnMatmulPrecision", Float32Backend.MKLDNN, Float32Op.MATMUL),
        precision("oneDnnConvPrecision", Float32Backend.MKLDNN, Float32Op.CONV),
        precision("oneDnnRnnPrecision", Float32Backend.MKLDNN, Float32Op.RNN),
        Setting.flag(
                "anomalyMode",
                AnomalyMode::is_enabled,
                on -> AnomalyMode.set_enabled(on, AnomalyMode.should_check_nan())),
        Setting.number("blasThreads", openblas_nolapack::blas_get_num_threads, openblas_nolapack::blas_set_num_threads),
    };

    private static final Setting[] IN_CONTEXT = {
        Setting.flag("oneDnnEnabled", CONTEXT::userEnabledMkldnn, CONTEXT::setUserEnabledMkldnn),
        Setting.flag("deterministicOneDnn", CONTEXT::deterministicMkldnn, CONTEXT::setDeterministicMkldnn),
        Setting.flag("nnpackEnabled", CONTEXT::userEnabledNNPACK, CONTEXT::setUserEnabledNNPACK),
        Setting.flag(
                "deterministicAlgorithms",
                CONTEXT::deterministicAlgorithms,
                on -> CONTEXT.setDeterministicAlgorithms(on, CONTEXT.deterministicAlgorithmsWarnOnly())),
        Setting.flag(
                "deterministicAlgorithmsWarnOnly",
                CONTEXT::deterministicAlgorithmsWarnOnly,
                on -> CONTEXT.setDeterministicAlgorithms(CONTEXT.deterministicAlgorithms(), on)),
        Setting.flag(
                "fillUninitializedMemory",
                CONTEXT::deterministicFillUninitializedMemory,
                CONTEXT::setDeterministicFillUninitializedMemory),
        Setting.flag("deterministicCuDnn", CONTEXT::deterministicCuDNN, CONTEXT::setDeterministicCuDNN),
        Setting.flag("benchmarkCuDnn", CONTEXT::benchmarkCuDNN, CONTEXT::setBenchmarkCuDNN),
        Setting.flag("fp16ReductionCpu", CONTEXT::allowFP16ReductionCPU, CONTEXT::setAllowFP16ReductionCPU),
        Setting.flag("flashAttention", CONTEXT::userEnabledFlashSDP, CONTEXT::setSDPUseFlash),
        Setting.flag("memoryEfficientAttention", CONTEXT::userEnabledMemEfficientSDP, CONTEXT::setSDPUseMemEfficient),
        Setting.flag("mathAttention", CONTEXT::userEnabledMathSDP, CONTEXT::setSDPUseMath),
        Setting.flag(
                "halfReductionMathAttention",
                CONTEXT::allowFP16BF16ReductionMathSDP,
                CONTEXT::setAllowFP16BF16ReductionMathSDP),
    };

    /** Settings that have no effect without CUDA, in the same two groups. To read them takes no driver. */
    private static final Setting[] ELSEWHERE_ON_CUDA = {
        precision("cudaMatmulPrecision", Float32Backend.CUDA, Float32Op.MATMUL),
        precision("cudaConvPrecision", Float32Backend.CUDA, Float32Op.CONV),
        precision("cudaRnnPrecision", Float32Backend.CUDA, Float32Op.RNN),
    };

    private static final Setting[] IN_CONTEXT_ON_CUDA = {
        Setting.flag("cuDnnEnabled", CONTEXT::userEnabledCuDNN, CONTEXT::setUserEnabledCuDNN),
        reduction(
                "fp16ReductionCuBlas",
                () -> CONTEXT.allowFP16ReductionCuBLAS().value,
                CONTEXT::setAllowFP16ReductionCuBLAS),
        reduction(
                "bf16ReductionCuBlas",
                () -> CONTEXT.allowBF16ReductionCuBLAS().value,
                CONTEXT::setAllowBF16ReductionCuBLAS),
        Setting.flag(
                "fp16AccumulationCuBlas",
                CONTEXT::allowFP16AccumulationCuBLAS,
                CONTEXT::setAllowFP16AccumulationCuBLAS),
        Setting.flag("cuDnnAttention", CONTEXT::userEnabledCuDNNSDP, CONTEXT::setSDPUseCuDNN),
    };

    private static final Setting[] APART = joined(ELSEWHERE, ELSEWHERE_ON_CUDA);

    /** Those of {@link #APART} come first. */
    static final Setting[] ALL = Stream.concat(Stream.of(APART), Stream.of(joined(IN_CONTEXT, IN_CONTEXT_ON_CUDA)))
            .toArray(Setting[]::new);

    /** The members of the context with these settings; others may go with them, too. */
    private volatile byte[] members;

    /** Null if LibTorch reports a contradiction to {@code setFloat32Precision}. */
    private final @Nullable String matmulPrecision = matmulPrecision();

    private ProcessSettings(byte[] membersBefore) {
        super(ALL);
        members = membersBefore;
    }

    private static Setting[] joined(Setting[] everywhere, Setting[] onCuda) {
        return Stream.of(everywhere, Context.hasCUDART() ? onCuda : new Setting[0])
                .flatMap(Stream::of)
                .toArray(Setting[]::new);
    }

    private static ByteBuffer members() {
        return new BytePointer(CONTEXT).position(0).limit(CONTEXT.sizeof()).asByteBuffer();
    }

    private static byte[] look() {
        byte[] seen = new byte[MEMBERS.capacity()];
        MEMBERS.get(0, seen);
        return seen;
    }

    /** Captures the current settings. */
    public static ProcessSettings take() {
        return new ProcessSettings(look());
    }

    /** {@inheritDoc} Asks for settings in the context only if any of its members has changed. */
    @Override
    public boolean hold() {
        if (MEMBERS.mismatch(ByteBuffer.wrap(members)) < 0) {
            return hold(APART.length);
        }
        byte[] now = look();
        if (!super.hold()) {
            return false;
        }
        members = now;
        return true;
    }

    @Override
    public void restore() {
        super.restore();
        if (matmulPrecision != null && !matmulPrecision.equals(matmulPrecision())) {
            CONTEXT.setFloat32MatmulPrecision(matmulPrecision);
        }
    }

    private static @Nullable String matmulPrecision() {
        try {
            return CONTEXT.float32MatmulPrecision().intern().toString().toLowerCase(Locale.ROOT);
        } catch (RuntimeException contradiction) {
            return null;
        }
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

    private static void setDefaultDtype(ScalarType dtype) {
        try (PointerScope scope = new PointerScope()) {
            torch.set_default_dtype(torch.scalarTypeToTypeMeta(dtype));
        }
    }
}
