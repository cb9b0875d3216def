package org.blazefl4j.cuda;

import org.bytedeco.pytorch.cuda.DeviceStats;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/** LibTorch's memory on devices. Where there are none, it stays empty. */
public final class CudaMemory {

    private CudaMemory() {}

    /**
     * Returns how often LibTorch's allocator has been refused memory on a device, even after it had returned what it
     * kept. cuDNN goes on with another algorithm then, and nothing is thrown.
     */
    public static long refusals(int device) {
        if (!isUsed()) {
            return 0;
        }
        try (DeviceStats stats = torch_cuda.getAllocator().getDeviceStats((byte) device)) {
            return stats.num_ooms();
        }
    }

    /** Returns memory that LibTorch keeps on all devices and does not use, while no graph is captured. */
    public static void release() {
        if (isUsed()) {
            synchronized (CudaGraph.LOCK) {
                torch.emptyCache();
            }
        }
    }

    /** Returns whether this process has used a device. Does not start CUDA on one. */
    private static boolean isUsed() {
        return CudaState.current().hasDevices() && torch_cuda.getAllocator().initialized();
    }
}
