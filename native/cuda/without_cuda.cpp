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
