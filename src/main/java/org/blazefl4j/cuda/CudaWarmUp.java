package org.blazefl4j.cuda;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Computes a little on devices before the first client. It would pay for the start of CUDA, cuBLAS and cuDNN, which
 * takes seconds, within its time limit. Leaves nothing behind and draws no random numbers.
 */
public final class CudaWarmUp {

    private CudaWarmUp() {}

    /** Computes on each of some devices. Does nothing where LibTorch finds none. */
    public static void run(List<Integer> devices) {
        if (devices.isEmpty() || !CudaState.current().hasDevices()) {
            return;
        }
        for (int index : devices) {
            try (Device device = new Device("cuda:" + index)) {
                compute(device);
            }
        }
    }

    /** Goes forward and back through a convolution and a product, of ones, and returns the sum of the gradients. */
    static double compute(Device device) {
        try (PointerScope scope = new PointerScope()) {
            new AutoGradMode(true); // until the scope ends
            Tensor images = ones(device, 2, 1, 4, 4);
            Tensor filters = ones(device, 3, 1, 3, 3).requires_grad_(true);
            Tensor weights = ones(device, 12, 5).requires_grad_(true);
            torch.conv2d(images, filters)
                    .relu()
                    .flatten(1, -1)
                    .matmul(weights)
                    .sum()
                    .backward();
            return filters.grad().sum().add(weights.grad().sum()).item_double();
        }
    }

    private static Tensor ones(Device device, long... sizes) {
        return torch.ones(sizes).to(device, ScalarType.Float);
    }
}
