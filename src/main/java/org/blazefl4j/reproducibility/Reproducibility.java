package org.blazefl4j.reproducibility;

import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * Settings of the whole process that make reruns repeat their bits. A simulation's clients do not need the seeds, for
 * they draw from {@link RandomStreams}; what draws from LibTorch's default generators does.
 */
public final class Reproducibility {

    private Reproducibility() {}

    /**
     * Lets LibTorch use only algorithms whose results do not vary, and seeds everything that it has one generator of
     * for the whole process: {@link #setupReproducibility}, and the default generators on the CPU and on all CUDA
     * devices as PyTorch's {@code manual_seed} does. Java has no generator of the whole process that could be seeded.
     */
    public static void seedEverything(long seed) {
        setupReproducibility();
        torch.manual_seed(seed);
    }

    /**
     * Lets LibTorch use only algorithms whose results do not vary; seeds nothing. cuDNN is deterministic and does not
     * choose by timing, as after BlazeFL's {@code setup_reproducibility}, whose seed is for the hashes of Python alone;
     * beyond that, operations that have no deterministic algorithm throw. On CUDA, cuBLAS also needs the environment
     * variable {@code CUBLAS_WORKSPACE_CONFIG=:4096:8}.
     */
    public static void setupReproducibility() {
        LibTorch.load();
        Context context = torch.globalContext();
        context.setDeterministicAlgorithms(true, false);
        context.setDeterministicCuDNN(true);
        context.setBenchmarkCuDNN(false);
    }
}
