package org.blazefl4j.trainer;

import org.blazefl4j.core.Device;

/** How many CUDA devices a trainer has, and whether the one that was asked for is among them. */
final class CudaDevices {

    private CudaDevices() {}

    /**
     * The number of CUDA devices that clients are spread over: as given in the options, or as LibTorch finds.
     *
     * @throws IllegalArgumentException if the options' device is not among them
     */
    static int countFor(TrainerOptions options) {
        if (options.deviceCount().isEmpty()) {
            options.device().requireAvailable();
            return Device.cudaDevices();
        }
        int count = options.deviceCount().getAsInt();
        options.device().requireAmong(count, "TrainerOptions.deviceCount=" + count);
        return count;
    }
}
