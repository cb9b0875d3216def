package org.blazefl4j.reproducibility;

import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * Process-wide settings that make reruns repeat their bits. A simulation's clients do not need the seeds, because they
 * draw from {@link RandomStreams}; code that draws from LibTorch's default generators does.
 */
public final class Reproducibility {

    private Reproducibility() {}

    /**
     * Calls {@link #setupReproducibility} and seeds the default generators on the CPU and on all CUDA devices, like
     * PyTorch's {@code manual_seed}. Java has no process-wide generator to seed.
     */
    public static void seedEverything(long seed) {
        setupReproducibility();
        torch.manual_seed(seed);
    }

    /**
     * Restricts LibTorch to deterministic algorithms, without seeding anything. cuDNN is deterministic and does not
     * benchmark, as after BlazeFL's {@code setup_reproducibility}; in addition, operations without a deterministic
     * algorithm throw. On CUDA, also set the environment variable {@code CUBLAS_WORKSPACE_CONFIG=:4096:8} for cuBLAS.
     */
    public static void setupReproducibility() {
        LibTorch.load();
        Context context = torch.globalContext();
        context.setDeterministicAlgorithms(true, false);
        context.setDeterministicCuDNN(true);
        context.setBenchmarkCuDNN(false);
    }
}
