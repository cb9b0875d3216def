package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.blazefl4j.binding.Native;
import org.blazefl4j.binding.NativeLoader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Context;

/**
 * Loads LibTorch into this process, and tunes the process on request.
 *
 * <p>An application calls {@link #tune()} at the start of {@code main}. A library or plug-in leaves the settings of the
 * process to its owner; {@link #untuned()} tells what to gain and how.
 */
public final class LibTorch {

    private static final String PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";
    private static final long HEAP_LIMIT = 32L << 20;
    private static final int PROBES = 4;

    private LibTorch() {}

    /**
     * Loads LibTorch. Safe to call from any thread, any number of times.
     *
     * <p>Restricts OpenBLAS to one thread, because its threads would compete with LibTorch's for cores. Does not change
     * LibTorch's intra-op threads: see {@link IntraOpThreads}.
     *
     * @throws UnsatisfiedLinkError if the class path has no LibTorch for this platform
     */
    public static void load() {
        Loaded.touch();
    }

    /**
     * Loads LibTorch and tunes the whole process. Safe to call from any thread, any number of times.
     *
     * <ul>
     *   <li>malloc keeps freed memory for the next step (about twice the steps per second of a small network);
     *   <li>JavaCPP stops asking the kernel for the process's memory at every allocation. This works only before
     *       JavaCPP is first used, and does not override the property {@code org.bytedeco.javacpp.maxPhysicalBytes}.
     * </ul>
     *
     * <p>{@link #untuned()} reports what could not be set.
     */
    public static void tune() {
        Tuned.touch();
    }

    /**
     * Returns what slows down training in this process; empty after an early {@link #tune()}. Measures, so that
     * settings made in another way count as well.
     */
    public static List<Untuned> untuned() {
        load();
        List<Untuned> found = new ArrayList<>();
        if (Pointer.maxPhysicalBytes() != 0) {
            found.add(new Untuned(
                    "JavaCPP measures the process's memory at every allocation, and refuses more than "
                            + Pointer.maxPhysicalBytes() + " bytes",
                    "-D" + PHYSICAL_BYTES + "=0"));
        }
        if (Native.mallocHeapLimit() < HEAP_LIMIT || Native.mallocKept(HEAP_LIMIT / 2, PROBES) < PROBES) {
            found.add(new Untuned(
                    "malloc returns freed memory to the kernel, which hands it out again page by page",
                    "MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=536870912 MALLOC_TOP_PAD_=67108864"));
        }
        int blasThreads = openblas_nolapack.blas_get_num_threads();
        if (blasThreads > 1) {
            found.add(new Untuned(
                    "OpenBLAS runs " + blasThreads + " threads in addition to LibTorch's", "OPENBLAS_NUM_THREADS=1"));
        }
        return List.copyOf(found);
    }

    /**
     * Sets whether the calling thread replaces denormal numbers by zero, if the processor supports it: PyTorch's
     * {@code set_flush_denormal}. Faster if such numbers occur, and changes bits. Trainers give clients the setting of
     * the thread that calls {@code localProcess}; LibTorch's threads within one operation inherit that of its caller.
     */
    public static void flushDenormal(boolean on) {
        if (on != flushesDenormal()) {
            load();
            Context.setFlushDenormal(on);
        }
    }

    /** Returns whether the calling thread replaces denormal numbers by zero. */
    public static boolean flushesDenormal() {
        return Native.flushesDenormals() != 0;
    }

    /**
     * A setting that costs speed.
     *
     * @param problem the problem
     * @param remedy the JVM option ({@code -D...}) or the environment variables that fix it, as they are typed
     */
    public record Untuned(String problem, String remedy) {}

    /** Loads LibTorch once, under the class initialisation lock. */
    private static final class Loaded {

        static {
            NativeLoader.loadLibTorch();
            openblas_nolapack.blas_set_num_threads(1);
        }

        static void touch() {}
    }

    /** Tunes the process once, under the class initialisation lock. */
    private static final class Tuned {

        static {
            if (!setByUser()) {
                stopMeasuringMemory();
            }
            Native.mallocTune();
            load();
        }

        private static boolean setByUser() {
            return System.getProperty(PHYSICAL_BYTES) != null
                    || System.getProperty(PHYSICAL_BYTES.toLowerCase(Locale.ROOT)) != null;
        }

        /** JavaCPP reads the property in its class initialiser; only afterwards is it known whether that was now. */
        private static void stopMeasuringMemory() {
            System.setProperty(PHYSICAL_BYTES, "0");
            NativeLoader.unpackLibTorch(); // the class initialiser loads a library
            if (Pointer.maxPhysicalBytes() != 0) {
                System.clearProperty(PHYSICAL_BYTES);
            }
        }

        static void touch() {}
    }
}
