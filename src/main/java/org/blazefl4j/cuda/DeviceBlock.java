package org.blazefl4j.cuda;

/** Allocates memory of devices beside LibTorch's. */
final class DeviceBlock {

    private static final long OUT_OF_MEMORY = -1002;

    private DeviceBlock() {}

    /**
     * Allocates memory, up to half of what is free.
     *
     * @throws NoDeviceMemoryException if it would be more, or the device has too little memory
     */
    static long allocateUpToHalf(CudaCalls calls, String what, int device, long bytes) {
        long free = calls.free(device);
        if (bytes > free / 2) {
            throw tooLittle(what, device, bytes, free, "half of what is free");
        }
        return allocate(calls, what, device, bytes);
    }

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
            throw tooLittle(what, device, bytes, calls.free(device), "what is free");
        }
        calls.check("allocate memory for " + what, device, address);
        return address;
    }

    private static NoDeviceMemoryException tooLittle(String what, int device, long bytes, long free, String limit) {
        return new NoDeviceMemoryException("device memory: for=" + what + ", device=cuda:" + device + ", need=" + bytes
                + ", free=" + free + ", limit=" + limit + "; fewer workers on a device, or"
                + " TrainerOptions.deviceDataShare(0)");
    }
}
