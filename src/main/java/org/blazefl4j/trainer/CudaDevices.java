package org.blazefl4j.trainer;

import org.blazefl4j.core.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/** How many CUDA devices there are, and whether the one that was asked for is among them. */
final class CudaDevices {

    private CudaDevices() {}

    /**
     * The number of CUDA devices that clients are spread over: as given in the options, or as LibTorch finds.
     *
     * @throws IllegalArgumentException if the options' device is not among them
     */
    static int countFor(TrainerOptions options) {
        int count = options.deviceCount().orElseGet(CudaDevices::found);
        Device device = options.device();
        if (device.type().equals("cuda") && Math.max(device.index(), 0) >= count) {
            throw new IllegalArgumentException("no such CUDA device: device=" + device + ", limit=" + count
                    + " devices; found: " + description(options, count) + "; choose another device, such as cpu");
        }
        return count;
    }

    private static int found() {
        return torch.hasCUDA() ? torch_cuda.device_count() : 0;
    }

    private static String description(TrainerOptions options, int count) {
        if (options.deviceCount().isPresent()) {
            return "TrainerOptions.deviceCount=" + count;
        }
        return count > 0
                ? "CUDA devices 0 to " + (count - 1)
                : "LibTorch sees no CUDA device (a CPU build, or no driver); run with"
                        + " -Djavacpp.platform.extension=-gpu on a machine with an NVIDIA driver";
    }
}
