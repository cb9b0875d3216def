package org.blazefl4j.core;

import org.blazefl4j.cuda.CudaState;
import org.blazefl4j.cuda.DeviceData;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.DataLoader.Epoch;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.Arguments;
import org.bytedeco.pytorch.Tensor;

/**
 * Where tensors live and arithmetic is done: {@code cpu}, {@code cuda} (all CUDA devices, clients spread over them) or
 * {@code cuda:1}.
 *
 * @param type {@code "cpu"} or {@code "cuda"}
 * @param index the CUDA device, or -1 where none is named
 */
public record Device(String type, int index) {

    /** The CPU. */
    public static final Device CPU = new Device("cpu", -1);

    /** Refuses unknown devices. */
    public Device {
        boolean known = type.equals("cpu") && index == -1 || type.equals("cuda") && index >= -1;
        if (!known) {
            throw unknown(index == -1 ? type : type + ":" + index);
        }
    }

    /**
     * Returns the device of a name.
     *
     * @throws IllegalArgumentException if the text is not the name of a device
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
     * Returns the device of one client: {@code cuda:{cid % count}} for {@code cuda}, else this device.
     *
     * @param count the number of CUDA devices
     */
    public Device forClient(int cid, int count) {
        boolean spread = type.equals("cuda") && index == -1 && count > 0;
        return spread ? new Device("cuda", Math.floorMod(cid, count)) : this;
    }

    /** Returns whether this is the CPU. */
    public boolean isCpu() {
        return type.equals("cpu");
    }

    /** Returns the number of CUDA devices that LibTorch finds. */
    public static int cudaDevices() {
        return CudaState.current().devices();
    }

    /**
     * Requires that this device exists. Calls CUDA unless this is the CPU.
     *
     * @throws IllegalArgumentException if it is a CUDA device that LibTorch does not find; the message says which of
     *     LibTorch's build, NVIDIA's libraries and the driver is missing
     */
    public void requireAvailable() {
        if (!isCpu()) {
            CudaState cuda = CudaState.current();
            Arguments.require(cuda.hasDevices(), () -> cuda.refusal(toString()));
            requireAmong(cuda.devices(), "CUDA devices 0 to " + (cuda.devices() - 1));
        }
    }

    /**
     * Requires that this device is the CPU or one of some CUDA devices.
     *
     * @param count the number of CUDA devices
     * @param found where that number comes from, for the message
     * @throws IllegalArgumentException if it is neither
     */
    public void requireAmong(int count, String found) {
        Arguments.require(
                isCpu() || Math.max(index, 0) < count,
                "no such CUDA device: device=" + this + ", limit=" + count + " devices; found: " + found
                        + "; choose another device, such as cpu");
    }

    /** Returns LibTorch's object for this device; the caller closes it. */
    public org.bytedeco.pytorch.Device toTorch() {
        return new org.bytedeco.pytorch.Device(toString());
    }

    /** Returns the batch on this device and closes the one given, or returns that one if this is the CPU. */
    public Batch move(Batch batch) {
        if (isCpu()) {
            return batch;
        }
        try (batch;
                org.bytedeco.pytorch.Device target = toTorch()) {
            return new Batch(move(batch.x(), target), batch.y() == null ? null : move(batch.y(), target));
        }
    }

    /**
     * Reads the next batch of an epoch onto this device; the caller closes it. The library's trainers keep the samples
     * of data sets on the devices of clients, where they fit, so that this copies none in a client. The batches are
     * those of {@code move(epoch.next())}.
     */
    public Batch next(Epoch epoch) {
        DeviceData data = isCpu() ? null : DeviceData.current();
        return data == null ? move(epoch.next()) : data.next(epoch, toString());
    }

    private static Tensor move(Tensor tensor, org.bytedeco.pytorch.Device target) {
        return tensor.to(target, Tensors.type(tensor));
    }

    @Override
    public String toString() {
        return index < 0 ? type : type + ":" + index;
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("unknown device: device=" + text + ", expected=cpu, cuda or cuda:<index>");
    }
}
