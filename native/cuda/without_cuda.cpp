#include <cerrno>
#include <cstdint>

#include "blazefl4j.h"
#include "errors.h"

// Replaces what needs the CUDA runtime in builds without it.

const char* bfl::cuda_error_text(std::int32_t) noexcept {
    return "an error of CUDA, without which this library was built";
}

std::int32_t bfl_cuda_device_count() noexcept {
    return 0;
}

const char* bfl_cuda_why_none() noexcept {
    return "the native library was built without CUDA: there was no nvcc";
}

std::int64_t bfl_cuda_malloc(std::int32_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_free(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int64_t bfl_cuda_free_function() noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_export(std::int64_t, std::int8_t*) noexcept {
    return -ENOSYS;
}

std::int64_t bfl_cuda_open(std::int32_t, const std::int8_t*) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_close(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int64_t bfl_cuda_close_function() noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_host_register(std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_host_unregister(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_copy_async(std::int64_t, std::int64_t, std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_fill_async(std::int64_t, std::int32_t, std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int64_t bfl_cuda_event_create(std::int32_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_event_free(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_event_record(std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_event_done(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_stream_wait(std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_stream_after(std::int32_t, std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_stream_finish(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_sticky_error(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int64_t bfl_cuda_sum_bytes(std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_sum_clear(std::int64_t, std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_sum_fold(std::int64_t, std::int64_t, const std::int64_t*, const double*, std::int32_t,
                               std::int64_t, std::int64_t, std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_sum_divide(std::int64_t, std::int64_t, std::int64_t, double, std::int64_t, std::int64_t,
                                 std::int64_t) noexcept {
    return -ENOSYS;
}

std::int32_t bfl_cuda_sum_part(std::int64_t, std::int64_t, std::int32_t, std::int64_t, std::int64_t, std::int64_t,
                               std::int64_t) noexcept {
    return -ENOSYS;
}
