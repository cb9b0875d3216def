package org.blazefl4j.binding;

import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The functions of {@code native/cuda}, which {@code native/include/blazefl4j.h} documents. A negative result is an
 * errno, or an error of CUDA. In a library that was built without CUDA all return {@code -ENOSYS}.
 */
@Platform(include = "blazefl4j.h", library = "jniblazefl4j")
@NoException
public final class CudaNative {

    static {
        NativeLoader.loadOwn();
    }

    private CudaNative() {}

    @Name("bfl_cuda_malloc")
    public static native long malloc(int device, long bytes);

    @Name("bfl_cuda_free")
    public static native int free(long address);

    @Name("bfl_cuda_free_function")
    public static native long freeFunction();

    @Name("bfl_cuda_export")
    public static native int export(long address, byte[] handle);

    @Name("bfl_cuda_open")
    public static native long open(int device, @Const byte[] handle);

    @Name("bfl_cuda_close")
    public static native int close(long address);

    @Name("bfl_cuda_close_function")
    public static native long closeFunction();

    @Name("bfl_cuda_host_register")
    public static native int hostRegister(long address, long bytes);

    @Name("bfl_cuda_host_unregister")
    public static native int hostUnregister(long address);

    @Name("bfl_cuda_copy_async")
    public static native int copyAsync(long target, long source, long bytes, long stream);

    @Name("bfl_cuda_stream_after")
    public static native int streamAfter(int device, long stream, long other);

    @Name("bfl_cuda_stream_finish")
    public static native int streamFinish(long stream);

    @Name("bfl_cuda_sum_bytes")
    public static native long sumBytes(long elements);

    @Name("bfl_cuda_sum_clear")
    public static native int sumClear(long sum, long elements, long stream);

    @Name("bfl_cuda_sum_fold")
    public static native int sumFold(
            long sum,
            long elements,
            @Cast("const int64_t*") long[] x,
            @Const double[] weights,
            int vectors,
            long from,
            long to,
            long stream);

    @Name("bfl_cuda_sum_divide")
    public static native int sumDivide(
            long sum, long elements, long out, double divisor, long from, long to, long stream);

    @Name("bfl_cuda_sum_part")
    public static native int sumPart(long sum, long elements, int number, long out, long from, long to, long stream);
}
