package org.blazefl4j.cuda;

import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.SizeTPair;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch_cuda;

/** The memory of devices, by their names. Tests have other than CUDA's. */
interface DeviceMemory {

    /** Copies a tensor of the CPU to a device. The copy is complete. */
    Tensor copy(Tensor tensor, String device);

    /** Copies a tensor of the CPU to a device, for what the calling thread computes there later. Does not wait. */
    Tensor send(Tensor tensor, String device);

    /** Returns the bytes that are free on a device. */
    long free(String device);

    /** Waits for all work on a device. */
    void await(String device);

    /** Returns the index of a CUDA device. */
    static byte index(String name) {
        int colon = name.indexOf(':');
        return colon < 0 ? 0 : Byte.parseByte(name.substring(colon + 1));
    }

    /**
     * Waits for all work on a CUDA device, and then does something while it is the current one. Waits for a capture to
     * end first: a device cannot be waited for while a stream of it is captured.
     */
    static void afterAll(String device, Runnable action) {
        synchronized (CudaGraph.LOCK) {
            byte before = torch_cuda.current_device();
            try {
                torch_cuda.set_device(index(device));
                torch_cuda.device_synchronize();
                action.run();
            } finally {
                torch_cuda.MaybeSetDevice(before);
            }
        }
    }

    /** LibTorch's memory on CUDA devices. */
    DeviceMemory CUDA = new DeviceMemory() {

        @Override
        public Tensor copy(Tensor tensor, String device) {
            try (Device target = new Device(device)) {
                return tensor.to(target, Tensors.type(tensor));
            }
        }

        @Override
        public Tensor send(Tensor tensor, String device) {
            try (Device target = new Device(device)) {
                return Tensors.send(tensor, target);
            }
        }

        @Override
        public long free(String device) {
            try (SizeTPair freeAndTotal = torch_cuda.getAllocator().getMemoryInfo(index(device))) {
                return freeAndTotal.first();
            }
        }

        @Override
        public void await(String device) {
            if (CudaErrors.lost() == null) { // else nothing computes any more
                afterAll(device, () -> {});
            }
        }
    };
}
