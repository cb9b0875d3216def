package org.blazefl4j.reproducibility;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Generator;
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

    /**
     * The random state of the process: LibTorch's default generators on the CPU and on each CUDA device. Plain bytes,
     * so that a checkpoint can store it.
     *
     * @param cpu the CPU generator's state
     * @param cuda the states of the CUDA devices' generators, in device order
     */
    public record RandomStateSnapshot(byte[] cpu, List<byte[]> cuda) {

        /** Copies the current state. */
        public static RandomStateSnapshot capture() {
            byte[] cpu = DefaultGenerator.state();
            List<byte[]> cuda = new ArrayList<>();
            for (Generator generator : Generators.cudaDefaults()) {
                try (generator) {
                    cuda.add(Generators.state(generator));
                }
            }
            return new RandomStateSnapshot(cpu, cuda);
        }

        /**
         * Restores this state, any number of times.
         *
         * @throws IllegalStateException if the number of CUDA devices has changed since {@link #capture()}
         */
        public void restore() {
            List<Generator> generators = Generators.cudaDefaults();
            if (generators.size() != cuda.size()) {
                throw new IllegalStateException("different number of devices: cuda_devices=" + generators.size()
                        + ", expected=" + cuda.size() + "; restore on a machine with as many devices");
            }
            DefaultGenerator.restore(cpu);
            for (int i = 0; i < generators.size(); i++) {
                try (Generator generator = generators.get(i)) {
                    Generators.restore(generator, cuda.get(i));
                }
            }
        }
    }
}
