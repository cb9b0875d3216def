package org.blazefl4j.reproducibility;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/** LibTorch's generators on CUDA devices; none where there is no device. */
final class CudaGenerators {

    private CudaGenerators() {}

    /** The default generator of each device. */
    static List<Generator> defaults() {
        List<Generator> generators = new ArrayList<>();
        if (torch.hasCUDA()) {
            for (byte i = 0; i < torch_cuda.device_count(); i++) {
                try (Device device = new Device(torch.DeviceType.CUDA, i)) {
                    generators.add(torch.globalContext().defaultGenerator(device));
                }
            }
        }
        return generators;
    }

    /** A new generator on the first device, or null if there is none. */
    static Generator seeded(long seed) {
        if (!torch.hasCUDA()) {
            return null;
        }
        Generator generator = torch_cuda.make_generator_cuda((byte) 0);
        generator.set_current_seed(seed);
        return generator;
    }
}
