/*
 * The C ABI of BlazeFL4J's native library.
 *
 * Addresses cross as int64_t, so that the Java side needs no pointer objects. Functions that can fail return zero or a
 * useful number of zero and above, or else a negative errno: -EINVAL for a null or misaligned address or a size below
 * zero. An address that is none of these is trusted. Every function may be called from any thread.
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

/* What an errno means, as errno(3) puts it; valid until this thread asks again. */
BFL_API const char* bfl_error_text(int32_t error) BFL_NOEXCEPT;

/* ---- memory.cpp: shared memory ---------------------------------------------------------------------------------- */

/*
 * Makes an unnamed file of `bytes` bytes, all reserved, in a memory file system such as /dev/shm, and returns its
 * descriptor. The file never has a name, so nothing is left behind whoever is killed. -EOPNOTSUPP, -EISDIR or -ENOENT:
 * the folder cannot hold such a file; -ENOSPC: it is full.
 */
BFL_API int32_t bfl_shm_create(const char* folder, int64_t bytes) BFL_NOEXCEPT;

/* The same as anonymous memory (memfd_create), which no file system limits. */
BFL_API int32_t bfl_memfd_create(int64_t bytes) BFL_NOEXCEPT;

/*
 * Opens another process's descriptor by /proc/<pid>/fd/<fd>. -ESTALE: what is there now is not the file with this device
 * and inode, or is shorter than `bytes`; it is looked at without being opened.
 */
BFL_API int32_t bfl_shm_open(int32_t pid, int32_t fd, int64_t device, int64_t inode, int64_t bytes,
                             int32_t writable) BFL_NOEXCEPT;

/* Device and inode of an open file. */
BFL_API int64_t bfl_device(int32_t fd) BFL_NOEXCEPT;
BFL_API int64_t bfl_inode(int32_t fd) BFL_NOEXCEPT;

BFL_API int32_t bfl_close(int32_t fd) BFL_NOEXCEPT;

/* Maps `bytes` bytes, shared, all pages present. Returns the address. -EINVAL: the file is shorter. */
BFL_API int64_t bfl_map(int32_t fd, int64_t bytes, int32_t writable) BFL_NOEXCEPT;

/* Unmaps what bfl_map gave; not for a mapping that is a region, which unmaps itself. */
BFL_API int32_t bfl_unmap(int64_t address, int64_t bytes) BFL_NOEXCEPT;

BFL_API int32_t bfl_copy(int64_t target, int64_t source, int64_t bytes) BFL_NOEXCEPT;
BFL_API int32_t bfl_fill(int64_t target, int32_t value, int64_t bytes) BFL_NOEXCEPT;

/*
 * Asks for huge pages in anonymous memory, as far as they lie within it; for memory that is not yet touched, and of its
 * own mapping, for the advice stays with the pages. -EINVAL: also where the kernel has none.
 */
BFL_API int32_t bfl_advise_huge_pages(int64_t address, int64_t bytes) BFL_NOEXCEPT;

/* ---- regions.cpp: who still uses a mapping ---------------------------------------------------------------------- */

/*
 * Hands a shared mapping over to the registry, which counts the tensor storages that live in each of its slots and unmaps it
 * once it is closed and they are gone. Returns the region's number, above 0 and never used again. The last slot may be
 * shorter; there are 2^20 slots at the most. -EEXIST: it overlaps a region.
 */
BFL_API int64_t bfl_region_add(int64_t address, int64_t bytes, int64_t slot_bytes) BFL_NOEXCEPT;

/* Counts one more storage at this address of an open region. -ENOENT: the region is closed or the address not in it. */
BFL_API int32_t bfl_region_retain(int64_t region, int64_t address) BFL_NOEXCEPT;

/* The storages that live in one slot; 0 for a region that was unmapped. -EINVAL: there is no such slot. */
BFL_API int64_t bfl_region_references(int64_t region, int64_t slot) BFL_NOEXCEPT;

/* Closes a region. Returns the storages that keep it mapped. -ENOENT: it was closed before. */
BFL_API int64_t bfl_region_close(int64_t region) BFL_NOEXCEPT;

/*
 * The address of a {function, object} pair as JavaCPP lays out a function object. The function takes a data address and
 * undoes one bfl_region_retain for it, from any thread, without Java.
 */
BFL_API int64_t bfl_region_deleter(void) BFL_NOEXCEPT;

/* The regions that are mapped, closed ones included. */
BFL_API int64_t bfl_region_count(void) BFL_NOEXCEPT;

/* ---- process.cpp ------------------------------------------------------------------------------------------------ */

BFL_API int32_t bfl_pid(void) BFL_NOEXCEPT;
BFL_API int32_t bfl_parent_pid(void) BFL_NOEXCEPT;

/*
 * Moves this process to a process group of its own, and has that killed when the thread that started it ends, or the
 * whole `parent`, at whatever moment and also if it is stopped. Takes SIGCONT over, which the parent must not send.
 */
BFL_API int32_t bfl_end_with_parent(int32_t parent) BFL_NOEXCEPT;

/* Kills all processes of a group; -ESRCH if there is none. */
BFL_API int32_t bfl_end_group(int32_t leader) BFL_NOEXCEPT;

/* Makes this process deaf to a signal, whatever handler it had, but not the programs that it starts. */
BFL_API int32_t bfl_ignore_signal(int32_t signal) BFL_NOEXCEPT;

/*
 * Takes the BSD lock of a folder, which cleaners of temporary folders respect; returns a descriptor that holds it until
 * it is closed, or the process ends. -EWOULDBLOCK if somebody has it.
 */
BFL_API int32_t bfl_lock_folder(const char* path) BFL_NOEXCEPT;

/* ---- arithmetic.cpp --------------------------------------------------------------------------------------------- */

/*
 * For each element i from `from` to before `to`: acc[i] += weights[v] * x[v][i] in double, for one vector v after another
 * of the `vectors` float vectors at the addresses `x`; `fresh`, if not 0: to zero instead of to what is in acc. So the
 * bits are those of one call per vector, on every processor, whatever rounding the calling thread has set, and in
 * whatever ranges the elements are given; ranges that do not overlap may be given by several threads at once.
 */
BFL_API int32_t bfl_fold_f32(int64_t acc, const int64_t* x, const double* weights, int32_t vectors, int64_t from, int64_t to,
                             int32_t fresh) BFL_NOEXCEPT;

/* out[i] = (float)(acc[i] / divisor) for each element i from `from` to before `to`; the same holds for its bits. */
BFL_API int32_t bfl_divide_f32(int64_t out, int64_t acc, double divisor, int64_t from, int64_t to) BFL_NOEXCEPT;

/*
 * 1 if each of the floating-point numbers at `x` is finite, 0 if one is infinite or NaN. A number has `bytes` bytes (2, 4
 * or 8): a sign, then `exponent_bits` bits of exponent, at least one and fewer than the others.
 */
BFL_API int32_t bfl_is_finite(int64_t x, int64_t elements, int32_t bytes, int32_t exponent_bits) BFL_NOEXCEPT;

/* ---- pooling.cpp ------------------------------------------------------------------------------------------------ */

/*
 * For each window of `kernel` by `kernel` elements, every `stride` elements over each of `planes` planes of floats, one
 * after another at `x`: the position in its plane (row * width + column) of its greatest element, the first of several,
 * the last NaN if there is one. So many positions as there are windows, int64. Windows may begin `padding` elements before
 * a plane and end as many behind it, at most half of `kernel`; what is outside is never the greatest. -EINVAL also if a
 * plane is smaller than a window or has 2^31 elements or more.
 */
BFL_API int32_t bfl_max_pool_positions_f32(int64_t positions, int64_t x, int64_t planes, int64_t height, int64_t width,
                                           int64_t kernel, int64_t stride, int64_t padding) BFL_NOEXCEPT;

/* ---- malloc.cpp: the C library's allocator, which LibTorch uses ---------------------------------------------------- */

/*
 * Sets glibc's malloc so that tensors freed in one step are reused in the next without the kernel: mmap threshold 32 MiB,
 * trim threshold 512 MiB, top pad 64 MiB. -EINVAL: it was refused.
 */
BFL_API int32_t bfl_malloc_tune(void) BFL_NOEXCEPT;

/* Measured: up to which power of two blocks are taken from the heap rather than from the kernel; 32 MiB when tuned. */
BFL_API int64_t bfl_malloc_heap_limit(void) BFL_NOEXCEPT;

/*
 * Measured: takes `blocks` (at most 64) blocks of `bytes` (at least 64 KiB), frees them again, and returns how many of
 * them are still in this process's memory; all of them when tuned. Touches one page of each.
 */
BFL_API int32_t bfl_malloc_kept(int64_t bytes, int32_t blocks) BFL_NOEXCEPT;

/* Gives memory that was freed back to the kernel, also what a tuned malloc keeps. 1 if there was some, else 0. */
BFL_API int32_t bfl_malloc_trim(void) BFL_NOEXCEPT;

/* ---- cpu.cpp ---------------------------------------------------------------------------------------------------- */

/* The vector extensions of this processor that LibTorch and oneDNN choose by, with spaces between them. */
BFL_API const char* bfl_cpu_features(void) BFL_NOEXCEPT;

/* Measured: 1 if the calling thread computes with zero instead of denormal numbers, else 0. */
BFL_API int32_t bfl_flushes_denormals(void) BFL_NOEXCEPT;

/* ---- loaded.cpp: libraries that LibTorch brings, and the C library --------------------------------------------------- */

/* The C library, whose elementary functions LibTorch calls, and its version, such as "glibc 2.36". */
BFL_API const char* bfl_libc_version(void) BFL_NOEXCEPT;

/* Sets the OpenMP threads of the calling thread, and of no other. -ENOENT: no OpenMP library (libgomp) is loaded. */
BFL_API int32_t bfl_openmp_set_threads(int32_t threads) BFL_NOEXCEPT;

/* OpenBLAS's version, options and the processor whose kernels it runs; empty if it is not loaded. */
BFL_API const char* bfl_openblas_config(void) BFL_NOEXCEPT;

/* ---- cuda/ ------------------------------------------------------------------------------------------------------ */

/* The CUDA devices; 0 where there are none, no driver is installed, or the library was built without CUDA. */
BFL_API int32_t bfl_cuda_device_count(void) BFL_NOEXCEPT;

/* Why there are none, in words; empty where there are some. */
BFL_API const char* bfl_cuda_why_none(void) BFL_NOEXCEPT;
