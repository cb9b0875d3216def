package org.blazefl4j.cuda;

/** Allocates memory of devices beside LibTorch's. */
final class DeviceBlock {

    private static final long OUT_OF_MEMORY = -1002;

    private DeviceBlock() {}

    /**
     * Allocates memory, after LibTorch has returned what it keeps if there is too little.
     *
     * @param what for the message, such as {@code results}
     * @throws NoDeviceMemoryException if there is too little
     */
    static long allocate(CudaCalls calls, String what, int device, long bytes) {
        long address = calls.malloc(device, bytes);
        if (address == OUT_OF_MEMORY) {
            calls.release();
            address = calls.malloc(device, bytes);
        }
        if (address == OUT_OF_MEMORY) {
            throw new NoDeviceMemoryException("device memory: for=" + what + ", device=cuda:" + device + ", need="
                    + bytes + ", free=" + calls.free(device) + ", limit=what is free; fewer workers on a device, or"
                    + " TrainerOptions.deviceDataShare(0)");
        }
        calls.check("allocate memory for " + what, device, address);
        return address;
    }
}
