package org.blazefl4j.binding;

import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Const;
import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The functions of {@code native/include/blazefl4j.h}, which documents them. Addresses are longs; a negative result is
 * an errno.
 */
@Platform(include = "blazefl4j.h", library = "jniblazefl4j")
@NoException
public final class Native {

    static {
        NativeLoader.loadOwn();
    }

    private Native() {}

    @Name("bfl_error_text")
    public static native String errorText(int error);

    @Name("bfl_shm_create")
    public static native int shmCreate(String folder, long bytes);

    @Name("bfl_memfd_create")
    public static native int memfdCreate(long bytes);

    @Name("bfl_shm_open")
    public static native int shmOpen(int pid, int fd, long device, long inode, long bytes, int writable);

    @Name("bfl_device")
    public static native long device(int fd);

    @Name("bfl_inode")
    public static native long inode(int fd);

    @Name("bfl_close")
    public static native int close(int fd);

    @Name("bfl_map")
    public static native long map(int fd, long bytes, int writable);

    @Name("bfl_unmap")
    public static native int unmap(long address, long bytes);

    @Name("bfl_copy")
    public static native int copy(long target, long source, long bytes);

    @Name("bfl_fill")
    public static native int fill(long target, int value, long bytes);

    @Name("bfl_advise_huge_pages")
    public static native int adviseHugePages(long address, long bytes);

    @Name("bfl_region_add")
    public static native long regionAdd(long address, long bytes, long slotBytes);

    @Name("bfl_region_add_with")
    public static native long regionAddWith(long address, long bytes, long slotBytes, long free);

    @Name("bfl_region_retain")
    public static native int regionRetain(long region, long address);

    @Name("bfl_region_references")
    public static native long regionReferences(long region, long slot);

    @Name("bfl_region_close")
    public static native long regionClose(long region);

    @Name("bfl_region_deleter")
    public static native long regionDeleter();

    @Name("bfl_region_count")
    public static native long regionCount();

    @Name("bfl_pid")
    public static native int pid();

    @Name("bfl_parent_pid")
    public static native int parentPid();

    @Name("bfl_end_with_parent")
    public static native int endWithParent(int parent);

    @Name("bfl_end_group")
    public static native int endGroup(int leader);

    @Name("bfl_ignore_signal")
    public static native int ignoreSignal(int signal);

    @Name("bfl_is_finite")
    public static native int isFinite(long x, long elements, int bytes, int exponentBits);

    @Name("bfl_pick_i64")
    public static native int pick(long from, long elements, @Cast("int64_t*") long[] positions, int count);

    @Name("bfl_sgd_step_f32")
    public static native int sgdStepF32(
            long weights,
            long gradients,
            long velocity,
            long elements,
            double scale,
            double rate,
            double momentum,
            double dampening,
            double weightDecay,
            int flags);

    @Name("bfl_adam_step_f32")
    public static native int adamStepF32(
            long weights,
            long gradients,
            long first,
            long second,
            long elements,
            double scale,
            double rate,
            double beta1,
            double beta2,
            double eps,
            double weightDecay,
            long number,
            int flags);

    @Name("bfl_pull_f32")
    public static native int pullF32(
            long gradients, long constant, double pull, long weights, long anchor, long elements);

    @Name("bfl_sum_squares_f32")
    public static native double sumSquaresF32(long x, long elements);

    @Name("bfl_net_create")
    public static native long netCreate(
            @Cast("const int64_t*") long[] layers, int count, long channels, long height, long width, int lanes);

    @Name("bfl_net_free")
    public static native int netFree(long net);

    @Name("bfl_net_parameters")
    public static native long netParameters(long net);

    @Name("bfl_net_outputs")
    public static native long netOutputs(long net);

    @Name("bfl_net_train")
    public static native int netTrain(
            long net,
            long from,
            long weights,
            @Cast("const int64_t*") long[] samples,
            @Cast("const int64_t*") long[] order,
            @Cast("const int64_t*") long[] lengths,
            @Const double[] rates,
            int steps,
            @Const double[] rule,
            @Cast("const int64_t*") long[] state,
            @Cast("const int64_t*") long[] frozen,
            int frozenRanges);

    @Name("bfl_net_gradient")
    public static native int netGradient(
            long net,
            long weights,
            long gradients,
            @Cast("const int64_t*") long[] samples,
            @Cast("const int64_t*") long[] order,
            int training);

    @Name("bfl_net_score")
    public static native long netScore(
            long net,
            long weights,
            @Cast("const int64_t*") long[] samples,
            @Cast("const int64_t*") long[] order,
            double[] losses);

    @Name("bfl_net_forward")
    public static native int netForward(
            long net,
            long weights,
            @Cast("const int64_t*") long[] samples,
            @Cast("const int64_t*") long[] order,
            long outputs);

    @Name("bfl_net_kernels")
    public static native String netKernels();

    @Name("bfl_exact_sum_create")
    public static native long exactSumCreate(long elements);

    @Name("bfl_exact_sum_free")
    public static native int exactSumFree(long sum);

    @Name("bfl_exact_sum_clear")
    public static native int exactSumClear(long sum);

    @Name("bfl_exact_sum_fold")
    public static native int exactSumFold(
            long sum, @Cast("const int64_t*") long[] x, @Const double[] weights, int vectors, long from, long to);

    @Name("bfl_exact_sum_merge")
    public static native int exactSumMerge(long sum, long other, long from, long to);

    @Name("bfl_exact_sum_divide")
    public static native int exactSumDivide(long sum, long out, double divisor, long from, long to);

    @Name("bfl_exact_sum_part")
    public static native int exactSumPart(long sum, int number, long out, long from, long to);

    @Name("bfl_exact_sum_add")
    public static native int exactSumAdd(long sum, long x, long from, long to);

    @Name("bfl_max_pool_positions_f32")
    public static native int maxPoolPositionsF32(
            long positions, long x, long planes, long height, long width, long kernel, long stride, long padding);

    @Name("bfl_malloc_tune")
    public static native int mallocTune();

    @Name("bfl_malloc_heap_limit")
    public static native long mallocHeapLimit();

    @Name("bfl_malloc_kept")
    public static native int mallocKept(long bytes, int blocks);

    @Name("bfl_malloc_trim")
    public static native int mallocTrim();

    @Name("bfl_cpu_features")
    public static native String cpuFeatures();

    @Name("bfl_flushes_denormals")
    public static native int flushesDenormals();

    @Name("bfl_libc_version")
    public static native String libcVersion();

    @Name("bfl_openmp_set_threads")
    public static native int openmpSetThreads(int threads);

    @Name("bfl_openblas_config")
    public static native String openblasConfig();

    @Name("bfl_cuda_device_count")
    public static native int cudaDeviceCount();

    @Name("bfl_cuda_why_none")
    public static native String cudaWhyNone();

    @Name("bfl_cuda_graph_begin")
    public static native long cudaGraphBegin(long pool);

    @Name("bfl_cuda_graph_end")
    public static native int cudaGraphEnd(long graph);

    @Name("bfl_cuda_graph_replay")
    public static native int cudaGraphReplay(long graph);

    @Name("bfl_cuda_graph_free")
    public static native int cudaGraphFree(long graph);

    @Name("bfl_cuda_graph_error")
    public static native String cudaGraphError();
}
