package org.blazefl4j.reproducibility;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Generator;

/**
 * The random state of the process: LibTorch's default generators on the CPU and on each CUDA device. Plain bytes, so
 * that a checkpoint can store it.
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
