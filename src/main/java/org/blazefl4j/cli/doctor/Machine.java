package org.blazefl4j.cli.doctor;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.blazefl4j.binding.Native;
import org.blazefl4j.cli.console.Version;
import org.blazefl4j.cuda.CudaState;
import org.blazefl4j.process.launch.CacheFolder;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SegmentSpace;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Bytes;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The state of this process and its machine.
 *
 * @param numbers the numeric environment
 * @param untuned the settings of LibTorch that are not tuned
 * @param nativeAccess whether Java loads native libraries without a warning
 * @param cores the processors that Java may use
 * @param capabilityLimit the value of {@code ATEN_CPU_CAPABILITY}, if it is set
 * @param cuda what LibTorch has of CUDA
 * @param cudaDevices the number of CUDA devices that the driver knows, even if LibTorch has no CUDA
 * @param sharedFolder the folder of shared memory segments
 * @param sharedFree the free bytes in that folder
 * @param memoryFree the free bytes of memory
 * @param load the load average of the minute before
 */
public record Machine(
        NumericEnvironment numbers,
        List<LibTorch.Untuned> untuned,
        boolean nativeAccess,
        int cores,
        @Nullable String capabilityLimit,
        CudaState cuda,
        int cudaDevices,
        String sharedFolder,
        long sharedFree,
        long memoryFree,
        double load) {

    private static final int PROBES = 4;
    private static final long PROBE_BYTES = 16 << 20;

    /**
     * Reads the current state.
     *
     * @param tuned whether to tune the process first
     */
    public static Machine read(boolean tuned) {
        double load = readLoad(); // before this process adds to it
        boolean nativeAccess = isNativeAccessEnabled(); // loading a library enables it
        requireThreads();
        if (tuned) {
            LibTorch.tune();
        }
        SegmentSpace space = SegmentSpace.host();
        return new Machine(
                NumericEnvironment.capture(),
                LibTorch.untuned(),
                nativeAccess,
                Runtime.getRuntime().availableProcessors(),
                System.getenv("ATEN_CPU_CAPABILITY"),
                CudaState.current(),
                Native.cudaDeviceCount(),
                space.folder().toString(),
                space.folderFree(),
                space.memoryFree(),
                load);
    }

    /** Returns the load average of the last minute; 0 if it is unknown. */
    private static double readLoad() {
        try {
            return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /**
     * Loads LibTorch and tunes this process.
     *
     * @throws IllegalStateException if the process may not start as many threads as LibTorch needs
     */
    public static void tune() {
        requireThreads();
        LibTorch.tune();
    }

    private static void requireThreads() {
        ResourceLimits.host().requireLibTorch(Runtime.getRuntime().availableProcessors());
    }

    /** Calls {@code Module.isNativeAccessEnabled()}, which Java 17 lacks and does not need. */
    private static boolean isNativeAccessEnabled() {
        try {
            return (boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(Pointer.class.getModule());
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            return true;
        }
    }

    /**
     * Describes the machine and this process's memory, for people to read and to paste into a question. Reads what no
     * finding needs.
     */
    String toText() {
        StringBuilder text = new StringBuilder();
        addVersions(text);
        addProcessor(text);
        addMemory(text);
        addTitle(text, "worker processes");
        addLine(text, "class archive", CacheFolder.archiveIn(CacheFolder.standard()));
        return text.toString();
    }

    private void addVersions(StringBuilder text) {
        addTitle(text, "versions");
        addLine(text, "BlazeFL4J", Version.blazefl4j());
        addLine(text, "Java", Version.java() + ", " + System.getProperty("java.vm.name"));
        addLine(text, "LibTorch", numbers.libTorch() + build());
        addLine(text, "JavaCPP", numbers.javaCpp());
        addLine(text, "BLAS", numbers.blas());
        addLine(text, "oneDNN", numbers.oneDnn() + (numbers.oneDnnEnabled() ? "" : ", disabled"));
    }

    private String build() {
        return switch (cuda.kind()) {
            case CPU_BUILD -> ", built without CUDA";
            case LIBRARIES_MISSING -> ", built with CUDA, whose libraries are missing";
            case NO_DRIVER, DEVICES -> " with " + numbers.cuda();
        };
    }

    private void addProcessor(StringBuilder text) {
        addTitle(text, "processor");
        addLine(text, "cores", Integer.toString(cores));
        addLine(text, "features", numbers.cpuFeatures());
        addLine(text, "LibTorch's kernels", numbers.cpuCapability());
        addLine(text, "intra-op threads", "1 in training unless set; " + numbers.intraOpThreads() + " elsewhere");
        addLine(text, "CUDA devices", cuda.describe());
    }

    private void addMemory(StringBuilder text) {
        long fromHeap = Native.mallocHeapLimit();
        int kept = Native.mallocKept(PROBE_BYTES, PROBES);
        long checked = Pointer.maxPhysicalBytes();
        long limit = SegmentSpace.host().memoryLimit();
        addTitle(text, "memory");
        addLine(
                text,
                "malloc",
                "blocks up to " + Bytes.text(fromHeap) + " from its heap; kept " + kept + " of " + PROBES
                        + " freed blocks of " + Bytes.text(PROBE_BYTES));
        addLine(text, "JavaCPP's check", checked == 0 ? "off" : "at every allocation, against " + Bytes.text(checked));
        addLine(text, "Java heap", Bytes.text(Runtime.getRuntime().maxMemory()) + " at most");
        addLine(text, sharedFolder, Bytes.text(sharedFree) + " free");
        addLine(text, "control group", limit == Long.MAX_VALUE ? "no limit" : Bytes.text(limit) + " at most");
        addLine(text, "memory", Bytes.text(memoryFree) + " free");
    }

    private static void addTitle(StringBuilder text, String title) {
        text.append(String.format(Locale.ROOT, "%s%s%n", text.isEmpty() ? "" : System.lineSeparator(), title));
    }

    private static void addLine(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "  %-18s %s%n", name, value));
    }
}
