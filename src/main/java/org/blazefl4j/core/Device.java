package org.blazefl4j.core;

import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * Where tensors live and arithmetic is done: {@code cpu}, {@code cuda} (all CUDA devices, clients spread over them) or
 * {@code cuda:1}.
 *
 * @param type {@code "cpu"} or {@code "cuda"}
 * @param index the CUDA device, or -1 where none is named
 */
public record Device(String type, int index) {

    /** The processor. */
    public static final Device CPU = new Device("cpu", -1);

    /** Checks the parts. */
    public Device {
        boolean known = type.equals("cpu") && index == -1 || type.equals("cuda") && index >= -1;
        if (!known) {
            throw unknown(index == -1 ? type : type + ":" + index);
        }
    }

    /**
     * Reads a device's name.
     *
     * @throws IllegalArgumentException if the text names none
     */
    public static Device parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length == 1) {
            return new Device(text, -1);
        }
        if (parts.length != 2 || !parts[1].matches("[0-9]{1,4}")) {
            throw unknown(text);
        }
        return new Device(parts[0], Integer.parseInt(parts[1]));
    }

    /**
     * The device of one client: {@code cuda} becomes {@code cuda:{cid % count}}, anything else stays.
     *
     * @param cid the client
     * @param count the number of CUDA devices
     */
    public Device forClient(int cid, int count) {
        boolean spread = type.equals("cuda") && index == -1 && count > 0;
        return spread ? new Device("cuda", Math.floorMod(cid, count)) : this;
    }

    /** Whether this is the processor. */
    public boolean isCpu() {
        return type.equals("cpu");
    }

    /** The number of CUDA devices that LibTorch finds. */
    public static int cudaDevices() {
        LibTorch.load();
        return torch.hasCUDA() ? torch_cuda.device_count() : 0;
    }

    /**
     * Checks that this device is there.
     *
     * @throws IllegalArgumentException if it is a CUDA device that there is not, with what was found
     */
    public void requireAvailable() {
        if (!isCpu()) {
            int count = cudaDevices();
            requireAmong(
                    count,
                    count > 0
                            ? "CUDA devices 0 to " + (count - 1)
                            : "LibTorch sees no CUDA device (a CPU build, or no driver); build with"
                                    + " -Djavacpp.platform.extension=-gpu and run on a machine with an NVIDIA driver");
        }
    }

    /**
     * Checks that this device is the processor or among some CUDA devices.
     *
     * @param count the number of CUDA devices
     * @param found where that number is from, for the message
     * @throws IllegalArgumentException if it is not among them
     */
    public void requireAmong(int count, String found) {
        if (!isCpu() && Math.max(index, 0) >= count) {
            throw new IllegalArgumentException("no such CUDA device: device=" + this + ", limit=" + count
                    + " devices; found: " + found + "; choose another device, such as cpu");
        }
    }

    /** LibTorch's object for this device; the caller closes it. */
    public org.bytedeco.pytorch.Device toTorch() {
        return new org.bytedeco.pytorch.Device(toString());
    }

    @Override
    public String toString() {
        return index < 0 ? type : type + ":" + index;
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException(
                "unknown device: device=" + text + ", limit=cpu, cuda or cuda:<index>; name one of these");
    }
}
