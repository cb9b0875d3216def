package org.blazefl4j.torch;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.blazefl4j.binding.Build;
import org.blazefl4j.binding.Native;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Float32Backend;
import org.bytedeco.pytorch.global.torch.Float32Op;
import org.bytedeco.pytorch.global.torch.Float32Precision;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Everything that the bits of a result depend on besides the experiment itself. Equal environments give equal bits.
 * Plain values, so that it can be sent to worker processes and recorded with results.
 *
 * <pre>{@code
 * parent.applySettings();
 * List<String> differences = parent.differences(NumericEnvironment.capture());
 * }</pre>
 *
 * @param blazefl4j this library's version
 * @param libTorch LibTorch's version
 * @param javaCpp JavaCPP's version
 * @param libc the C library, whose elementary functions LibTorch calls, and its version
 * @param blas the BLAS library with its version, its options and the processor that its kernels are for
 * @param cpuModel the processor's name
 * @param cpuFeatures the processor's vector instructions, which decide the kernels that libraries choose
 * @param cpuCaches the sizes of the processor's data caches, which decide the block sizes that libraries choose
 * @param cpuCapability the vector instructions of LibTorch's kernels, such as {@code AVX2}
 * @param oneDnn oneDNN's version
 * @param oneDnnVariables the environment variables that change what oneDNN computes; {@code none} if none is set
 * @param cuda the versions of CUDA and cuDNN; {@code none} in a LibTorch without CUDA or its libraries
 * @param oneDnnEnabled whether oneDNN is used
 * @param defaultDtype the dtype of new tensors
 * @param float32MatmulPrecision {@code HIGHEST}, {@code HIGH} or {@code MEDIUM}
 * @param cudaConvPrecision how cuDNN multiplies float32 in convolutions: {@code IEEE}, or {@code TF32}, LibTorch's
 *     default
 * @param cudaRnnPrecision the same for recurrent layers
 * @param deterministicAlgorithms whether operations without a deterministic algorithm throw
 * @param deterministicCuDnn whether cuDNN only uses deterministic algorithms
 * @param benchmarkCuDnn whether cuDNN chooses algorithms by timing them
 * @param fillUninitializedMemory whether {@code deterministicAlgorithms} also fills new tensors, a kernel more for each
 * @param flushDenormal whether the thread that captured this flushes denormal numbers to zero
 * @param intraOpThreads the number of intra-op threads of the thread that captured this
 */
public record NumericEnvironment(
        String blazefl4j,
        String libTorch,
        String javaCpp,
        String libc,
        String blas,
        String cpuModel,
        String cpuFeatures,
        String cpuCaches,
        String cpuCapability,
        String oneDnn,
        String oneDnnVariables,
        String cuda,
        boolean oneDnnEnabled,
        String defaultDtype,
        String float32MatmulPrecision,
        String cudaConvPrecision,
        String cudaRnnPrecision,
        boolean deterministicAlgorithms,
        boolean deterministicCuDnn,
        boolean benchmarkCuDnn,
        boolean fillUninitializedMemory,
        boolean flushDenormal,
        int intraOpThreads) {

    /** The values, by name, of what earlier versions did not record. */
    public static final Map<String, Object> EARLIER_DEFAULTS =
            Map.of("cudaConvPrecision", "TF32", "cudaRnnPrecision", "TF32", "fillUninitializedMemory", true);

    /** oneDNN reads each under its new and its old name. */
    private static final Pattern ONE_DNN_VARIABLE =
            Pattern.compile("(ONEDNN|DNNL)_(MAX_CPU_ISA|CPU_ISA_HINTS|DEFAULT_FPMATH_MODE)");

    /** Returns whether LibTorch's kernels use AVX-512 here. */
    public static boolean hasAvx512() {
        LibTorch.load();
        return Fixed.CPU_CAPABILITY.equals("AVX512");
    }

    /** Captures the environment of the calling thread. */
    public static NumericEnvironment capture() {
        LibTorch.load();
        try (PointerScope scope = new PointerScope()) {
            Context context = torch.globalContext();
            return new NumericEnvironment(
                    Build.VERSION,
                    Fixed.LIB_TORCH,
                    Fixed.JAVA_CPP,
                    Fixed.LIBC,
                    Fixed.BLAS,
                    Fixed.CPU_MODEL,
                    Fixed.CPU_FEATURES,
                    Fixed.CPU_CACHES,
                    Fixed.CPU_CAPABILITY,
                    Fixed.ONE_DNN,
                    Fixed.ONE_DNN_VARIABLES,
                    Fixed.CUDA,
                    context.userEnabledMkldnn(),
                    torch.get_default_dtype_as_scalartype().intern().toString(),
                    context.float32MatmulPrecision().intern().toString(),
                    cudaPrecision(context, Float32Op.CONV),
                    cudaPrecision(context, Float32Op.RNN),
                    context.deterministicAlgorithms(),
                    context.deterministicCuDNN(),
                    context.benchmarkCuDNN(),
                    context.deterministicFillUninitializedMemory(),
                    LibTorch.flushesDenormal(),
                    IntraOpThreads.current());
        }
    }

    /**
     * Applies this environment's settings to the process and the calling thread. Ignores what no setting can change,
     * such as versions and the processor, and the number of intra-op threads, which belongs to each thread.
     */
    public void applySettings() {
        LibTorch.load();
        try (PointerScope scope = new PointerScope()) {
            Context context = torch.globalContext();
            context.setUserEnabledMkldnn(oneDnnEnabled);
            torch.set_default_dtype(torch.scalarTypeToTypeMeta(ScalarType.valueOf(defaultDtype)));
            if (!context.float32MatmulPrecision().intern().toString().equals(float32MatmulPrecision)) {
                context.setFloat32MatmulPrecision(float32MatmulPrecision.toLowerCase(Locale.ROOT));
            }
            setCudaPrecision(context, Float32Op.CONV, cudaConvPrecision);
            setCudaPrecision(context, Float32Op.RNN, cudaRnnPrecision);
            context.setDeterministicAlgorithms(deterministicAlgorithms, false);
            context.setDeterministicCuDNN(deterministicCuDnn);
            context.setBenchmarkCuDNN(benchmarkCuDnn);
            context.setDeterministicFillUninitializedMemory(fillUninitializedMemory);
            LibTorch.flushDenormal(flushDenormal);
        }
    }

    /** Full precision has two names. */
    private static String cudaPrecision(Context context, Float32Op op) {
        int value = context.float32Precision(Float32Backend.CUDA.value, op.value);
        return (value == Float32Precision.NONE.value ? Float32Precision.IEEE : Float32Precision.values()[value]).name();
    }

    private static void setCudaPrecision(Context context, Float32Op op, String precision) {
        if (!cudaPrecision(context, op).equals(precision)) {
            int value = Float32Precision.valueOf(precision).value;
            context.setFloat32Precision(Float32Backend.CUDA.value, op.value, value);
        }
    }

    /**
     * Describes the differences from another environment.
     *
     * @return one line per difference, with its name and both values; empty if results have the same bits
     */
    public List<String> differences(NumericEnvironment other) {
        Map<String, Object> theirs = other.toMap();
        List<String> differences = new ArrayList<>();
        toMap().forEach((name, mine) -> {
            if (!mine.equals(theirs.get(name))) {
                differences.add(name + ": " + mine + " against " + theirs.get(name));
            }
        });
        return differences;
    }

    /** Returns the components by name, as strings, numbers and booleans, in a fixed order. */
    public Map<String, Object> toMap() {
        Map<String, Object> components = new LinkedHashMap<>();
        for (RecordComponent component : getClass().getRecordComponents()) {
            try {
                components.put(component.getName(), component.getAccessor().invoke(this));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a record's accessor is public and throws nothing", e);
            }
        }
        return components;
    }

    /** Values that cannot change while the process lives, read once because every round captures an environment. */
    private static final class Fixed {

        static final String LIB_TORCH = buildSetting("TORCH_VERSION");
        static final String JAVA_CPP = javaCppVersion();
        static final String LIBC = Native.libcVersion();
        static final String BLAS = Native.openblasConfig().isBlank()
                ? buildSetting("BLAS_INFO")
                : Native.openblasConfig().strip();
        static final String CPU_MODEL = Processor.model(Path.of("/proc/cpuinfo"));
        static final String CPU_FEATURES = Native.cpuFeatures();
        static final String CPU_CACHES = Processor.caches(Path.of("/sys/devices/system/cpu/cpu0/cache"));
        static final String CPU_CAPABILITY = torch.get_cpu_capability().getString();
        static final String ONE_DNN = torch.get_mkldnn_version().getString();
        static final String ONE_DNN_VARIABLES = oneDnnVariables(System.getenv());
        static final String CUDA = Context.hasCUDART()
                ? "CUDA " + Context.versionCUDART() + ", cuDNN " + Context.versionRuntimeCuDNN()
                : "none";
    }

    private static String buildSetting(String name) {
        Matcher matcher = Pattern.compile("\\b" + name + "=([^,\\s]+)")
                .matcher(torch.show_config().getString());
        return matcher.find() ? matcher.group(1) : "unknown";
    }

    private static String javaCppVersion() {
        try {
            return Loader.getVersion();
        } catch (IOException e) {
            return "unknown"; // a repackaged jar
        }
    }

    /** Returns the variables themselves, because oneDNN does not expose their effect outside of LibTorch. */
    static String oneDnnVariables(Map<String, String> environment) {
        String set = environment.entrySet().stream()
                .filter(variable -> ONE_DNN_VARIABLE.matcher(variable.getKey()).matches())
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .sorted()
                .collect(Collectors.joining(" "));
        return set.isEmpty() ? "none" : set;
    }
}
