package org.blazefl4j.cuda;

import java.util.concurrent.Callable;

/**
 * Watches clients that compute on CUDA devices: fails those during which a device ran out of memory, because cuDNN then
 * goes on with another algorithm, which gives other bits; and notes errors after which CUDA works in this process no
 * more.
 */
final class DeviceWatch {

    private final MemoryRefusals refusals;
    private final Runnable release;

    /** Creates a watch of LibTorch's devices. */
    DeviceWatch() {
        this(MemoryRefusals.CUDA, CudaMemory::release);
    }

    DeviceWatch(MemoryRefusals refusals, Runnable release) {
        this.refusals = refusals;
        this.release = release;
    }

    /**
     * Calls a client.
     *
     * @param name the client, for messages
     * @param device the name of its device
     * @param index the index of that device
     * @throws IllegalStateException if the device ran out of memory meanwhile, by this client or another there
     * @throws Exception what the client threw
     */
    <T> T during(String name, String device, int index, Callable<T> client) throws Exception {
        try {
            return withinMemory(name, device, index, client);
        } catch (Throwable thrown) {
            CudaErrors.note(thrown);
            throw thrown;
        }
    }

    private <T> T withinMemory(String name, String device, int index, Callable<T> client) throws Exception {
        long before = refusals.count(index);
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            if (CudaErrors.sticky(thrown) == null && refusals.since(index, before) > 0) {
                release.run();
            }
            throw thrown;
        }
        long more = refusals.since(index, before);
        if (more > 0) {
            release.run();
            throw new IllegalStateException("device memory ran out: " + name + ", device=" + device + ", refusals="
                    + more + ", limit=0, since cuDNN may then take another algorithm, with other bits; fewer workers on"
                    + " a device, or smaller batches");
        }
        return result;
    }
}
