package org.blazefl4j.cuda;

import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What memory and sums on devices need of CUDA and LibTorch, by the index of a device and by addresses. Results are
 * those of {@code native/include/blazefl4j.h}: a negative one is an error. Tests have a runtime without devices.
 */
interface CudaCalls {

    /** Returns whether there are devices, and a native library that was built for them. */
    boolean exist();

    /** Returns the device that a tensor's elements lie on, or -1 for the host. */
    int deviceOf(Tensor tensor);

    /** Makes a tensor of memory on a device, whose storage calls the deleter at its end. */
    Tensor tensor(int device, long address, ScalarType dtype, long[] sizes, long[] strides, PointerConsumer deleter);

    /** Returns the bytes that are free on a device. */
    long free(int device);

    /** Returns memory that LibTorch keeps on devices and does not use. */
    void release();

    /** Returns the stream that LibTorch queues the calling thread's work on; 0 is the default one. */
    long currentStream(int device);

    /** Returns the stream for sums on a device, always the same. */
    long sumStream(int device);

    String errorText(int error);

    long malloc(int device, long bytes);

    int free(long address);

    long freeFunction();

    /** Writes the bytes of a handle, by which other processes open memory. */
    int export(long address, byte[] handle);

    /** Opens another process's memory. Returns its address here. */
    long open(int device, byte[] handle);

    /** Closes memory of {@link #open}. */
    int close(long address);

    long closeFunction();

    int hostRegister(long address, long bytes);

    int hostUnregister(long address);

    int copy(long target, long source, long bytes, long stream);

    int streamAfter(int device, long stream, long other);

    int streamFinish(long stream);

    long sumBytes(long elements);

    int sumClear(long sum, long elements, long stream);

    int sumFold(long sum, long elements, long[] x, double[] weights, int vectors, long stream);

    int sumDivide(long sum, long elements, long out, double divisor, long from, long to, long stream);

    int sumPart(long sum, long elements, int number, long out, long from, long to, long stream);

    /** Waits until what the streams for sums and by default were given on a device is done. */
    default int finishQueued(int device) {
        long sums = sumStream(device);
        int after = streamAfter(device, sums, 0);
        return after < 0 ? after : streamFinish(sums);
    }

    /** Returns the error of a call that failed, with CUDA's words; notes it if CUDA then works no more. */
    default IllegalStateException failed(String what, int device, long result) {
        int error = (int) -result;
        IllegalStateException failure = new IllegalStateException("cannot " + what + ": device=cuda:" + device
                + ", error=" + error + ", expected=0, CUDA error: " + errorText(error)
                + "; train without a device, or in worker processes");
        CudaErrors.note(failure);
        return failure;
    }

    /** Throws {@link #failed} if a call did. */
    default void check(String what, int device, long result) {
        if (result < 0) {
            throw failed(what, device, result);
        }
    }
}
