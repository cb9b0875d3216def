package org.blazefl4j.reproducibility;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.torch.DefaultGenerator;
import org.blazefl4j.torch.GeneratorStates;
import org.bytedeco.pytorch.Generator;

/**
 * The random state of the whole process: LibTorch's default generators on the CPU and on each CUDA device. Plain bytes,
 * so that it can be kept in a checkpoint.
 *
 * @param cpu the CPU generator's state
 * @param cuda the states of the CUDA devices' generators, in the order of the devices
 */
public record RandomStateSnapshot(byte[] cpu, List<byte[]> cuda) {

    /** Copies the present state. */
    public static RandomStateSnapshot capture() {
        byte[] cpu = DefaultGenerator.state();
        List<byte[]> cuda = new ArrayList<>();
        for (Generator generator : CudaGenerators.defaults()) {
            try (generator) {
                cuda.add(GeneratorStates.of(generator));
            }
        }
        return new RandomStateSnapshot(cpu, cuda);
    }

    /**
     * Puts this state back. The snapshot can be restored any number of times.
     *
     * @throws IllegalStateException if the number of CUDA devices is another than at {@link #capture()}
     */
    public void restore() {
        List<Generator> generators = CudaGenerators.defaults();
        if (generators.size() != cuda.size()) {
            throw new IllegalStateException("other devices than at capture: cuda_devices=" + generators.size()
                    + ", limit=" + cuda.size() + "; restore on a machine with as many devices");
        }
        DefaultGenerator.restore(cpu);
        for (int i = 0; i < generators.size(); i++) {
            try (Generator generator = generators.get(i)) {
                GeneratorStates.restore(generator, cuda.get(i));
            }
        }
    }
}
