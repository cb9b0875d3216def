package org.blazefl4j.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.blazefl4j.binding.Native;
import org.blazefl4j.binding.NativeLoader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Loads LibTorch into this process, and sets the process up for speed if asked to.
 *
 * <p>A program of its own calls {@link #tune()} first thing in {@code main}. A library or a plug-in does not: it leaves
 * the host process to its owner, who sees from {@link #untuned()} what could be had and how.
 */
public final class LibTorch {

    private static final String PHYSICAL_BYTES = "org.bytedeco.javacpp.maxPhysicalBytes";
    private static final long HEAP_LIMIT = 32L << 20;
    private static final int PROBES = 4;

    private LibTorch() {}

    /**
     * Loads LibTorch, once; safe to call from any thread, any number of times.
     *
     * <p>OpenBLAS is kept to one thread of its own, for its threads beside LibTorch's take each other's cores. The
     * number of LibTorch's intra-op threads is left alone: see {@link IntraOpThreads}.
     *
     * @throws UnsatisfiedLinkError if there is no LibTorch for this platform on the class path
     */
    public static void load() {
        Loaded.touch();
    }

    /**
     * Loads LibTorch and sets up the process, once; safe to call from any thread, any number of times. The settings
     * hold for the whole process:
     *
     * <ul>
     *   <li>malloc keeps freed memory for the next step (about twice the steps a second of a small network);
     *   <li>JavaCPP does not ask the kernel for the process's memory at every allocation. This can be set only before
     *       JavaCPP is first used, and is left alone where the property {@code org.bytedeco.javacpp.maxPhysicalBytes}
     *       is set.
     * </ul>
     *
     * <p>What could not be set {@link #untuned()} tells.
     */
    public static void tune() {
        Tuned.touch();
    }

    /**
     * What makes training in this process slower than it need be; empty after a {@link #tune()} that came first. Found
     * by measuring, so settings that were made in another way count as well.
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
                    "OpenBLAS runs " + blasThreads + " threads of its own beside LibTorch's",
                    "OPENBLAS_NUM_THREADS=1"));
        }
        return List.copyOf(found);
    }

    /**
     * Something that costs speed.
     *
     * @param problem what it is
     * @param remedy the JVM's option ({@code -D...}) or the environment variables that mend it, as they are typed
     */
    public record Untuned(String problem, String remedy) {}

    /** The class initialisation lock makes loading happen once. */
    private static final class Loaded {

        static {
            NativeLoader.loadLibTorch();
            openblas_nolapack.blas_set_num_threads(1);
        }

        static void touch() {}
    }

    /** The class initialisation lock makes tuning happen once. */
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

        /** JavaCPP reads the property when its class is initialised; whether that is now shows only afterwards. */
        private static void stopMeasuringMemory() {
            System.setProperty(PHYSICAL_BYTES, "0");
            NativeLoader.unpackLibTorch(); // to initialise the class loads a library
            if (Pointer.maxPhysicalBytes() != 0) {
                System.clearProperty(PHYSICAL_BYTES);
            }
        }

        static void touch() {}
    }
}
