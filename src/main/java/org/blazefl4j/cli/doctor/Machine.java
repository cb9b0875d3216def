package org.blazefl4j.cli.doctor;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import org.blazefl4j.binding.Native;
import org.blazefl4j.process.launch.ArchiveReport;
import org.blazefl4j.process.launch.CacheFolder;
import org.blazefl4j.shm.ResourceLimits;
import org.blazefl4j.shm.SegmentSpace;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;
import org.bytedeco.javacpp.Pointer;

/**
 * What this process and its machine were like when it was read.
 *
 * @param numbers what results depend on
 * @param untuned what LibTorch finds untuned
 * @param nativeAccess whether Java lets native libraries be loaded without a word
 * @param cores the processors that Java may use
 * @param features the processor's vector extensions
 * @param heldTo the value of {@code ATEN_CPU_CAPABILITY}, or null
 * @param cudaDevices the number of CUDA devices
 * @param whyNoCuda why there are none
 * @param mallocHeapLimit up to which size malloc takes blocks from its heap, in bytes
 * @param mallocKept how many of {@link #PROBES} freed blocks of {@link #PROBE_BYTES} malloc kept
 * @param javaCppLimit what JavaCPP checks the process's memory against, in bytes; 0 if it does not
 * @param javaHeap the most that Java's heap may grow to, in bytes
 * @param sharedFolder where segments lie
 * @param sharedFree the bytes that are free there
 * @param memoryFree the bytes of memory that are free
 * @param memoryLimit the control group's limit, in bytes; {@link Long#MAX_VALUE} if there is none
 * @param load the processors that were asked for in the minute before it was read
 * @param archive whether worker processes start from an archive of their classes
 */
public record Machine(
        NumericEnvironment numbers,
        List<LibTorch.Untuned> untuned,
        boolean nativeAccess,
        int cores,
        String features,
        String heldTo,
        int cudaDevices,
        String whyNoCuda,
        long mallocHeapLimit,
        int mallocKept,
        long javaCppLimit,
        long javaHeap,
        String sharedFolder,
        long sharedFree,
        long memoryFree,
        long memoryLimit,
        double load,
        String archive) {

    static final int PROBES = 4;
    static final long PROBE_BYTES = 16 << 20;

    /**
     * Reads everything.
     *
     * @param tuned whether to tune the process first
     */
    public static Machine read(boolean tuned) {
        double load = LoadAverage.read(); // before this process makes the machine busy
        boolean nativeAccess = isNativeAccessEnabled(); // a first library that is loaded with a warning enables it
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
                Native.cpuFeatures(),
                System.getenv("ATEN_CPU_CAPABILITY"),
                Native.cudaDeviceCount(),
                Native.cudaWhyNone(),
                Native.mallocHeapLimit(),
                Native.mallocKept(PROBE_BYTES, PROBES),
                Pointer.maxPhysicalBytes(),
                Runtime.getRuntime().maxMemory(),
                space.folder().toString(),
                space.folderFree(),
                space.memoryFree(),
                space.memoryLimit(),
                load,
                ArchiveReport.of(CacheFolder.standard()));
    }

    /**
     * Loads LibTorch, and tunes this process.
     *
     * @throws IllegalStateException if it may not start so many threads, for which LibTorch would end it
     */
    public static void tune() {
        requireThreads();
        LibTorch.tune();
    }

    private static void requireThreads() {
        ResourceLimits.host().requireLibTorch(Runtime.getRuntime().availableProcessors());
    }

    /** {@code Module.isNativeAccessEnabled()}, which Java 17 lacks and does not need. */
    private static boolean isNativeAccessEnabled() {
        try {
            return (boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(Pointer.class.getModule());
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            return true;
        }
    }

    boolean hasLibTorchForCuda() {
        return !numbers.cuda().equals("none");
    }
}
