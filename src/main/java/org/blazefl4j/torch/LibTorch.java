package org.blazefl4j.torch;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/** Loads LibTorch into this process. */
public final class LibTorch {

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

    /** The class initialisation lock makes loading happen once. */
    private static final class Loaded {

        static {
            Loader.load(org.bytedeco.pytorch.global.torch.class);
            openblas_nolapack.blas_set_num_threads(1);
        }

        static void touch() {}
    }
}
