/*
 * The C ABI of BlazeFL4J's native library.
 *
 * Addresses are int64_t, so that the Java side needs no pointer objects. Functions that can fail return a number of at
 * least zero, or a negative errno: -EINVAL for a null or misaligned address or a negative size. Other addresses are not
 * checked. All functions are thread-safe. An error of CUDA is -(1000 + its cudaError_t).
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
#define BFL_API extern "C"
#define BFL_NOEXCEPT noexcept
#else
#define BFL_API
#define BFL_NOEXCEPT
#endif

/* Returns the text of an errno, or of an error of CUDA (1000 + its cudaError_t). Valid until the next call in this thread. */
BFL_API const char* bfl_error_text(int32_t error) BFL_NOEXCEPT;

/* ---- memory.cpp: shared memory ---------------------------------------------------------------------------------- */

/*
 * Creates an unnamed file of `bytes` bytes, all reserved, in a memory file system such as /dev/shm. Returns its
 * descriptor. Without a name, the file is freed even if its processes are killed. -EOPNOTSUPP, -EISDIR or -ENOENT: the
 * folder does not support such files. -ENOSPC: it is full.
 */
BFL_API int32_t bfl_shm_create(const char* folder, int64_t bytes) BFL_NOEXCEPT;

/* Creates an anonymous file (memfd_create), which no file system limits. All bytes are reserved. */
BFL_API int32_t bfl_memfd_create(int64_t bytes) BFL_NOEXCEPT;

/*
 * Opens another process's file by /proc/<pid>/fd/<fd>. -ESTALE: the descriptor now stands for another file than that with
 * this device and inode, or the file is shorter than `bytes`. Such a file is not opened.
 */
BFL_API int32_t bfl_shm_open(int32_t pid, int32_t fd, int64_t device, int64_t inode, int64_t bytes,
                             int32_t writable) BFL_NOEXCEPT;

/* Return the device and inode of an open file. */
BFL_API int64_t bfl_device(int32_t fd) BFL_NOEXCEPT;
BFL_API int64_t bfl_inode(int32_t fd) BFL_NOEXCEPT;

BFL_API int32_t bfl_close(int32_t fd) BFL_NOEXCEPT;

/* Maps a file shared, with all pages present. Returns the address. -EINVAL: the file is shorter than `bytes`. */
BFL_API int64_t bfl_map(int32_t fd, int64_t bytes, int32_t writable) BFL_NOEXCEPT;

/* Unmaps a mapping of bfl_map, unless it is a region, which unmaps itself. */
BFL_API int32_t bfl_unmap(int64_t address, int64_t bytes) BFL_NOEXCEPT;

BFL_API int32_t bfl_copy(int64_t target, int64_t source, int64_t bytes) BFL_NOEXCEPT;
BFL_API int32_t bfl_fill(int64_t target, int32_t value, int64_t bytes) BFL_NOEXCEPT;

/*
 * Requests huge pages for the part of anonymous memory that they fill. For untouched memory in its own mapping, because
 * the advice outlives a free. -EINVAL also if the kernel has no huge pages.
 */
BFL_API int32_t bfl_advise_huge_pages(int64_t address, int64_t bytes) BFL_NOEXCEPT;

/* ---- regions.cpp: the users of a mapping ------------------------------------------------------------------------- */

/*
 * Registers a shared mapping as a region. The registry counts the tensor storages in each slot, and unmaps the region once
 * it is closed and they are gone. Returns the region's number, above 0 and unique. The last slot may be shorter. At most
 * 2^20 slots. -EEXIST: the mapping overlaps a region.
 */
BFL_API int64_t bfl_region_add(int64_t address, int64_t bytes, int64_t slot_bytes) BFL_NOEXCEPT;

/*
 * As bfl_region_add, for memory of another kind. `free` is the address of a function that takes an address, as that of
 * bfl_cuda_free_function or bfl_cuda_close_function, and frees the memory instead of unmapping it. It runs on any thread.
 */
BFL_API int64_t bfl_region_add_with(int64_t address, int64_t bytes, int64_t slot_bytes, int64_t free) BFL_NOEXCEPT;

/* Counts one more storage at an address of an open region. -ENOENT: the region is closed, or the address outside. */
BFL_API int32_t bfl_region_retain(int64_t region, int64_t address) BFL_NOEXCEPT;

/* Returns the storages in a slot, or 0 if the region was unmapped. -EINVAL: there is no such slot. */
BFL_API int64_t bfl_region_references(int64_t region, int64_t slot) BFL_NOEXCEPT;

/* Closes a region. Returns the storages that keep it mapped. -ENOENT: it is closed already. */
BFL_API int64_t bfl_region_close(int64_t region) BFL_NOEXCEPT;

/*
 * Returns the address of a {function, object} pair, JavaCPP's layout of a function object. The function undoes one
 * bfl_region_retain of a data address. It runs on any thread and does not call Java.
 */
BFL_API int64_t bfl_region_deleter(void) BFL_NOEXCEPT;

/* Returns the number of mapped regions, including closed ones. */
BFL_API int64_t bfl_region_count(void) BFL_NOEXCEPT;

/* ---- process.cpp ------------------------------------------------------------------------------------------------ */

BFL_API int32_t bfl_pid(void) BFL_NOEXCEPT;
BFL_API int32_t bfl_parent_pid(void) BFL_NOEXCEPT;

/*
 * Moves this process to a new process group, which is killed when the thread that started it, or all of `parent`, ends,
 * even if this process is stopped. Uses SIGCONT, which the parent must not send.
 */
BFL_API int32_t bfl_end_with_parent(int32_t parent) BFL_NOEXCEPT;

/* Kills all processes of a group. -ESRCH: there is none. */
BFL_API int32_t bfl_end_group(int32_t leader) BFL_NOEXCEPT;

/* Replaces the handler of a signal by one that does nothing. Programs that this process starts do not inherit it. */
BFL_API int32_t bfl_ignore_signal(int32_t signal) BFL_NOEXCEPT;

/* ---- arithmetic.cpp --------------------------------------------------------------------------------------------- */

/*
 * Returns 1 if all floating-point numbers at `x` are finite, 0 if one is infinite or NaN. A number has `bytes` bytes (2, 4
 * or 8): a sign, `exponent_bits` bits of exponent (at least one) and a mantissa.
 */
BFL_API int32_t bfl_is_finite(int64_t x, int64_t elements, int32_t bytes, int32_t exponent_bits) BFL_NOEXCEPT;

/* Replaces each of `count` positions by the int64 there, of those at `from`. -ERANGE: there is none; nothing is replaced. */
BFL_API int32_t bfl_pick_i64(int64_t from, int64_t elements, int64_t* positions, int32_t count) BFL_NOEXCEPT;

/* ---- optimizer.cpp: steps of PyTorch's optimizers ------------------------------------------------------------------ */

/* Of a step: Nesterov's momentum; a decay of the weights themselves, not by their gradients; a velocity that is not set. */
#define BFL_NESTEROV 1
#define BFL_DECOUPLED 2
#define BFL_FIRST 4

/*
 * Takes a step of torch.optim.SGD on float vectors, with the gradients times `scale`: same operations, order and rounding,
 * with fused products as PyTorch has them with AVX2 and AVX-512. The bits do not depend on the processor. `velocity` is
 * needed with momentum only. Follows the thread's rounding and denormal modes, as LibTorch does. A decoupled decay
 * multiplies the weights by 1 - rate * weight_decay before the step, as torch.optim.AdamW does.
 */
BFL_API int32_t bfl_sgd_step_f32(int64_t weights, int64_t gradients, int64_t velocity, int64_t elements, double scale,
                                 double rate, double momentum, double dampening, double weight_decay,
                                 int32_t flags) BFL_NOEXCEPT;

/*
 * Writes constant + pull * (weights - anchor) to float vectors of gradients, with one rounding of product and sum on every
 * processor. No constant, 0, counts as zeros.
 */
BFL_API int32_t bfl_pull_f32(int64_t gradients, int64_t constant, double pull, int64_t weights, int64_t anchor,
                             int64_t elements) BFL_NOEXCEPT;

/*
 * Takes a step of torch.optim.Adam, or AdamW if decoupled, in the same way. `number` is the step's, from 1. The square root
 * is rounded correctly; that of a PyTorch with Intel's MKL is not, in one of five numbers.
 */
BFL_API int32_t bfl_adam_step_f32(int64_t weights, int64_t gradients, int64_t first, int64_t second, int64_t elements,
                                  double scale, double rate, double beta1, double beta2, double eps, double weight_decay,
                                  int64_t number, int32_t flags) BFL_NOEXCEPT;

/*
 * Returns the sum of the squares of a float vector, or -EINVAL. In double: each block of 65 536 elements in 8 lanes, which
 * take turns, then lanes and blocks in order. The bits do not depend on the processor.
 */
BFL_API double bfl_sum_squares_f32(int64_t x, int64_t elements) BFL_NOEXCEPT;

/* ---- step/: training steps of declared nets ------------------------------------------------------------------------- */

/* A layer is BFL_LAYER_NUMBERS numbers: kind, inputs, outputs, kernel, padding, bias (0 or 1). What a kind has not is 0. */
#define BFL_LAYER_CONVOLUTION 1 /* stride 1, a square kernel */
#define BFL_LAYER_RELU 2
#define BFL_LAYER_MAX_POOL 3 /* 2 by 2 elements, stride 2 */
#define BFL_LAYER_FLATTEN 4
#define BFL_LAYER_LINEAR 5
#define BFL_LAYER_DROPOUT 6 /* `inputs`: the bits of the probability, a double */
#define BFL_LAYER_NUMBERS 6

/*
 * Creates a net, with its workspace, for samples of channels x height x width floats. Returns its address. One thread may
 * use it at a time. `lanes` limits the vectors to 16, 8 or 4 floats; 0 for the widest that the processor has. Weights, gradients
 * and outputs have the same bits with all of them, and on all processors.
 *
 * Covered are convolutions (kernel up to 11, padding below the kernel), each followed by ReLU and max pooling or not; then
 * flatten; then linear layers, at least one, each but the last followed by ReLU or not; and dropout after any of these. -ENOTSUP: other
 * layers, or another order. -EINVAL: layers that do not fit one another or the samples. -ENOMEM: there is no memory.
 */
BFL_API int64_t bfl_net_create(const int64_t* layers, int32_t count, int64_t channels, int64_t height, int64_t width,
                               int32_t lanes) BFL_NOEXCEPT;

BFL_API int32_t bfl_net_free(int64_t net) BFL_NOEXCEPT;

/* Returns the length of the vector of weights: each layer's weights, as PyTorch lays them out, then its biases. */
BFL_API int64_t bfl_net_parameters(int64_t net) BFL_NOEXCEPT;

/* Returns the number of outputs: the classes. */
BFL_API int64_t bfl_net_outputs(int64_t net) BFL_NOEXCEPT;

/*
 * Samples are BFL_SAMPLES_NUMBERS numbers: the address of float rows, their number, the address of their labels (int64), the
 * length of the order, the seed of dropout, the number of the first step, for dropout. Sample i of a call is the row order[i].
 * All is checked before anything is written. -ERANGE: no such row, or a label that is not below the number of outputs.
 * -EINVAL also for what is not finite or out of range.
 */
#define BFL_SAMPLES_NUMBERS 6

/*
 * Takes `steps` steps on the mean cross-entropy. Step s uses the next lengths[s] samples, at the rate rates[s]; the lengths
 * add up to that of the order. Steps are those of bfl_sgd_step_f32 and bfl_adam_step_f32.
 *
 * The first step starts at the weights at `from`, which stay as they are, and all write to `weights`: another vector, which
 * may be undefined before, or the same. So a copy costs no pass of its own.
 *
 * rule: 0 for SGD or 1 for Adam; momentum or beta1; dampening or beta2; eps; weight decay; 1 if it is decoupled; 1 for
 * Nesterov; the norm of all gradients that a step scales them down to, or infinity; pull.
 * state: the addresses of the first and the second moment, or 0; the number of steps taken before; the addresses of constant
 * and anchor, or 0. Each gradient gets constant + pull * (weights - anchor) added, as bfl_pull_f32 has it.
 * frozen: `frozen_ranges` pairs of elements, from (inclusive) and to (exclusive), ascending, that no step changes.
 */
BFL_API int32_t bfl_net_train(int64_t net, int64_t from, int64_t weights, const int64_t* samples, const int64_t* order,
                              const int64_t* lengths, const double* rates, int32_t steps, const double* rule,
                              const int64_t* state, const int64_t* frozen, int32_t frozen_ranges) BFL_NOEXCEPT;

/* Adds the gradient of the mean cross-entropy of all samples to `gradients`; with dropout if `training` is not 0. */
BFL_API int32_t bfl_net_gradient(int64_t net, int64_t weights, int64_t gradients, const int64_t* samples,
                                 const int64_t* order, int32_t training) BFL_NOEXCEPT;

/*
 * Adds the samples' cross-entropies, computed and summed in double in their order, to losses[0], and their squares to
 * losses[1]. Returns how many samples have their label as greatest output. Without dropout. Its exp and log are the C library's.
 */
BFL_API int64_t bfl_net_score(int64_t net, int64_t weights, const int64_t* samples, const int64_t* order,
                              double* losses) BFL_NOEXCEPT;

/* Writes the outputs, a row for each sample. Without dropout; labels are not read. */
BFL_API int32_t bfl_net_forward(int64_t net, int64_t weights, const int64_t* samples, const int64_t* order,
                                int64_t outputs) BFL_NOEXCEPT;

/* Returns the name of the widest kernels that this processor has: "avx512", "avx2" or "plain". */
BFL_API const char* bfl_net_kernels(void) BFL_NOEXCEPT;

/* ---- exact_sum.cpp ---------------------------------------------------------------------------------------------- */

/*
 * Exact sums of vectors times weights. What a sum gives is a function of the exact value of each element: neither the order
 * of what is added, nor its grouping, merges and ranges, nor the processor, nor the thread's rounding mode changes a bit.
 *
 * A range of elements is from `from` (inclusive) to `to` (exclusive): multiples of BFL_EXACT_SUM_BLOCK, or the end of the
 * sum. Threads may work on disjoint ranges at the same time. -ENOMEM: there is no memory for numbers of very different
 * magnitudes; the sum is undefined until it is cleared.
 */
#define BFL_EXACT_SUM_BLOCK 512

/* Returns the address of an empty sum, for which it allocates 16 bytes an element. -ENOMEM: there is no memory. */
BFL_API int64_t bfl_exact_sum_create(int64_t elements) BFL_NOEXCEPT;

BFL_API int32_t bfl_exact_sum_free(int64_t sum) BFL_NOEXCEPT;

/* Empties a sum. */
BFL_API int32_t bfl_exact_sum_clear(int64_t sum) BFL_NOEXCEPT;

/*
 * Adds weights[v] * x[v][i] for each of the `vectors` float vectors at the addresses `x`. Weights lie between 2^-64 and
 * 2^63. Infinities and NaNs give what IEEE 754 says. Real weights should have no more than 24 bits: others
 * make the sum slow where the numbers in a block differ much in magnitude.
 */
BFL_API int32_t bfl_exact_sum_fold(int64_t sum, const int64_t* x, const double* weights, int32_t vectors, int64_t from,
                                   int64_t to) BFL_NOEXCEPT;

/* Adds another sum of as many elements, which stays as it is. */
BFL_API int32_t bfl_exact_sum_merge(int64_t sum, int64_t other, int64_t from, int64_t to) BFL_NOEXCEPT;

/* Computes out[i] = (float)((double)sum[i] / divisor), each step rounded to nearest. A NaN is the positive quiet one. */
BFL_API int32_t bfl_exact_sum_divide(int64_t sum, int64_t out, double divisor, int64_t from, int64_t to) BFL_NOEXCEPT;

/*
 * Writes the doubles nearest to the sum if `number` is 0; if it is 1, those nearest to what is left of the sum then; and so
 * on. Returns 0 if all that it wrote are zeros, else 1. A sum is exactly the sum of its parts, rarely more than two. If `out` is
 * 0, writes nothing.
 */
BFL_API int32_t bfl_exact_sum_part(int64_t sum, int32_t number, int64_t out, int64_t from, int64_t to) BFL_NOEXCEPT;

/* Adds doubles, such as a part. -EDOM: one is not a multiple of 2^-265, or finite and 2^230 or more; none is added. */
BFL_API int32_t bfl_exact_sum_add(int64_t sum, int64_t x, int64_t from, int64_t to) BFL_NOEXCEPT;

/* ---- pooling.cpp ------------------------------------------------------------------------------------------------ */

/*
 * Writes, for each window of `kernel` by `kernel` elements, the position in its plane (row * width + column, int64) of its
 * greatest element: the last NaN if there is one, else the first of equals. Windows follow every `stride` elements over
 * each of the `planes` float planes at `x`, which lie one after another. They extend up to `padding` elements, at most half
 * of `kernel`, beyond a plane; elements there are never the greatest. -EINVAL also if a plane is smaller than a window or
 * has 2^31 elements or more.
 */
BFL_API int32_t bfl_max_pool_positions_f32(int64_t positions, int64_t x, int64_t planes, int64_t height, int64_t width,
                                           int64_t kernel, int64_t stride, int64_t padding) BFL_NOEXCEPT;

/* ---- malloc.cpp: the C library's allocator, which LibTorch uses ---------------------------------------------------- */

/*
 * Tunes glibc's malloc to reuse memory of freed tensors without the kernel: mmap threshold 32 MiB, trim threshold 512 MiB,
 * top pad 64 MiB. -EINVAL: malloc refused.
 */
BFL_API int32_t bfl_malloc_tune(void) BFL_NOEXCEPT;

/* Measures the largest power of two up to which blocks come from the heap, not from the kernel; 32 MiB when tuned. */
BFL_API int64_t bfl_malloc_heap_limit(void) BFL_NOEXCEPT;

/*
 * Allocates `blocks` (at most 64) blocks of `bytes` (at least 64 KiB), touches a page of each, frees them, and returns how
 * many are still resident; all of them when tuned.
 */
BFL_API int32_t bfl_malloc_kept(int64_t bytes, int32_t blocks) BFL_NOEXCEPT;

/* Returns free memory to the kernel, also what a tuned malloc keeps. Returns 1 if there was some, else 0. */
BFL_API int32_t bfl_malloc_trim(void) BFL_NOEXCEPT;

/* ---- cpu.cpp ---------------------------------------------------------------------------------------------------- */

/* Returns the vector extensions of this processor by which LibTorch and oneDNN choose kernels, separated by spaces. */
BFL_API const char* bfl_cpu_features(void) BFL_NOEXCEPT;

/* Measures whether the calling thread flushes denormal numbers to zero. Returns 1 or 0. */
BFL_API int32_t bfl_flushes_denormals(void) BFL_NOEXCEPT;

/* ---- loaded.cpp: libraries that LibTorch brings, and the C library --------------------------------------------------- */

/* Returns the version of the C library, whose elementary functions LibTorch calls, such as "glibc 2.36". */
BFL_API const char* bfl_libc_version(void) BFL_NOEXCEPT;

/* Sets the number of OpenMP threads of the calling thread only. -ENOENT: libgomp is not loaded. */
BFL_API int32_t bfl_openmp_set_threads(int32_t threads) BFL_NOEXCEPT;

/* Returns the version, options and kernel processor of OpenBLAS, or an empty text if it is not loaded. */
BFL_API const char* bfl_openblas_config(void) BFL_NOEXCEPT;

/* ---- cuda/: devices ------------------------------------------------------------------------------------------------ */

/*
 * Of what follows, all but bfl_cuda_device_count, bfl_cuda_why_none and graphs returns -ENOSYS if the library was built
 * without CUDA.
 * A stream is a cudaStream_t; 0 is the default one. Work is queued on it, and done some time after the call has returned.
 * Calls leave the calling thread's device as it is.
 */

/* Returns the number of CUDA devices; 0 also without a driver, or if the library was built without CUDA. */
BFL_API int32_t bfl_cuda_device_count(void) BFL_NOEXCEPT;

/* Returns why there are no devices, or an empty text if there are some. */
BFL_API const char* bfl_cuda_why_none(void) BFL_NOEXCEPT;

/* ---- cuda/memory.cpp: memory of devices, and the host's that they access --------------------------------------------- */

/* Allocates memory on a device, in whole pages of 2 MiB. Returns its address. */
BFL_API int64_t bfl_cuda_malloc(int32_t device, int64_t bytes) BFL_NOEXCEPT;

/*
 * Frees memory of bfl_cuda_malloc, after all work that was queued on its device. Other processes must have closed it, or have
 * ended: otherwise CUDA leaves undefined what happens.
 */
BFL_API int32_t bfl_cuda_free(int64_t address) BFL_NOEXCEPT;

/* Returns the address of bfl_cuda_free, or -ENOSYS. */
BFL_API int64_t bfl_cuda_free_function(void) BFL_NOEXCEPT;

/* Writes BFL_CUDA_HANDLE_BYTES bytes, with which other processes open memory of bfl_cuda_malloc while it is allocated. */
#define BFL_CUDA_HANDLE_BYTES 64
BFL_API int32_t bfl_cuda_export(int64_t address, int8_t* handle) BFL_NOEXCEPT;

/* Opens another process's memory. Returns its address here. It is closed with this process, too. */
BFL_API int64_t bfl_cuda_open(int32_t device, const int8_t* handle) BFL_NOEXCEPT;

/* Closes memory of bfl_cuda_open, after all work that was queued on its device. */
BFL_API int32_t bfl_cuda_close(int64_t address) BFL_NOEXCEPT;

/* Returns the address of bfl_cuda_close, or -ENOSYS. */
BFL_API int64_t bfl_cuda_close_function(void) BFL_NOEXCEPT;

/* Pins memory of the host, such as a segment. Then devices copy it while the host goes on, at full speed. */
BFL_API int32_t bfl_cuda_host_register(int64_t address, int64_t bytes) BFL_NOEXCEPT;

/* Undoes bfl_cuda_host_register, before the memory is unmapped. */
BFL_API int32_t bfl_cuda_host_unregister(int64_t address) BFL_NOEXCEPT;

/*
 * Queues a copy between memory of any devices and of the host. Memory of the host that is registered must stay as it is until
 * the copy is done; with other memory, the call returns only then.
 */
BFL_API int32_t bfl_cuda_copy_async(int64_t target, int64_t source, int64_t bytes, int64_t stream) BFL_NOEXCEPT;

/* Queues that each byte of device memory is set to `value`. */
BFL_API int32_t bfl_cuda_fill_async(int64_t target, int32_t value, int64_t bytes, int64_t stream) BFL_NOEXCEPT;

/* ---- cuda/stream.cpp: the order of streams ---------------------------------------------------------------------------- */

/* Creates an event of a device, which stands for what a stream had queued when it was recorded. Returns its address. */
BFL_API int64_t bfl_cuda_event_create(int32_t device) BFL_NOEXCEPT;

/* Frees an event. Streams that wait for it go on waiting for what it stood for. */
BFL_API int32_t bfl_cuda_event_free(int64_t event) BFL_NOEXCEPT;

/* Lets an event stand for what has been queued on a stream of its device. */
BFL_API int32_t bfl_cuda_event_record(int64_t event, int64_t stream) BFL_NOEXCEPT;

/* Returns 1 if what an event stands for is done, or if it was never recorded, else 0. */
BFL_API int32_t bfl_cuda_event_done(int64_t event) BFL_NOEXCEPT;

/* Lets what is queued on a stream from now on wait for an event as it is recorded now; the host does not wait. */
BFL_API int32_t bfl_cuda_stream_wait(int64_t stream, int64_t event) BFL_NOEXCEPT;

/* Lets what is queued on a stream from now on wait for what another stream of the same device has been given until now. */
BFL_API int32_t bfl_cuda_stream_after(int32_t device, int64_t stream, int64_t other) BFL_NOEXCEPT;

/* Waits for all that is queued on a stream. */
BFL_API int32_t bfl_cuda_stream_finish(int64_t stream) BFL_NOEXCEPT;

/*
 * Returns 0, or the error that all calls for a stream's device return from now on: its context is lost in this process, and
 * another process must go on. Errors of work that is not done yet are not seen: call it after bfl_cuda_stream_finish.
 */
BFL_API int32_t bfl_cuda_sticky_error(int64_t stream) BFL_NOEXCEPT;

/* ---- cuda/sum.cu: exact sums on a device ---------------------------------------------------------------------------- */

/*
 * Sums that give the same bits as those of exact_sum.cpp, whatever is added in whatever order. Addresses of sums, vectors
 * and results are those of memory that a stream's device can access. Ranges of elements may be any.
 */

/* Returns how many bytes of memory a sum takes: 81 an element. */
BFL_API int64_t bfl_cuda_sum_bytes(int64_t elements) BFL_NOEXCEPT;

/* Empties a sum. Before that, its memory may contain anything. */
BFL_API int32_t bfl_cuda_sum_clear(int64_t sum, int64_t elements, int64_t stream) BFL_NOEXCEPT;

/* As bfl_exact_sum_fold. `x` and `weights` are read before this returns; the vectors at `x` later, in the stream's order. */
BFL_API int32_t bfl_cuda_sum_fold(int64_t sum, int64_t elements, const int64_t* x, const double* weights, int32_t vectors,
                                  int64_t from, int64_t to, int64_t stream) BFL_NOEXCEPT;

/* As bfl_exact_sum_divide. */
BFL_API int32_t bfl_cuda_sum_divide(int64_t sum, int64_t elements, int64_t out, double divisor, int64_t from, int64_t to,
                                    int64_t stream) BFL_NOEXCEPT;

/* As bfl_exact_sum_part, but returns 0 in any case. */
BFL_API int32_t bfl_cuda_sum_part(int64_t sum, int64_t elements, int32_t number, int64_t out, int64_t from, int64_t to,
                                  int64_t stream) BFL_NOEXCEPT;

/* ---- cuda/graph.cpp: graphs, by LibTorch's CUDA build ------------------------------------------------------------------ */

/*
 * at::cuda::CUDAGraph of a loaded libtorch_cuda.so. A graph is used by one thread, whose current stream in LibTorch is not the
 * default one. -ENOSYS: the library is not loaded, or has no such class. -ECANCELED: LibTorch threw bfl_cuda_graph_error.
 */

/*
 * Begins to capture what this thread queues on its current stream. Other threads may go on meanwhile, but LibTorch lets no two
 * captures begin, end or be freed at once. Memory comes from the pool {0, pool} of LibTorch's allocator, above 0 and used by no
 * other graph: after a capture that failed, LibTorch goes on allocating from it until it is told to end. Returns the address of
 * the graph.
 */
BFL_API int64_t bfl_cuda_graph_begin(int64_t pool) BFL_NOEXCEPT;

/* Ends the capture. After an error, the graph can only be freed. */
BFL_API int32_t bfl_cuda_graph_end(int64_t graph) BFL_NOEXCEPT;

/* Queues what was captured on this thread's current stream. */
BFL_API int32_t bfl_cuda_graph_replay(int64_t graph) BFL_NOEXCEPT;

/*
 * Frees a graph and its memory; ends its capture first, if it still captures. After an error, and after a capture that did not end,
 * they stay allocated, since LibTorch may still use them.
 */
BFL_API int32_t bfl_cuda_graph_free(int64_t graph) BFL_NOEXCEPT;

/* Returns what LibTorch threw last in this thread; empty: nothing. Valid until the next call of a graph in this thread. */
BFL_API const char* bfl_cuda_graph_error(void) BFL_NOEXCEPT;
