#include <cerrno>
#include <cstdint>

#include "blazefl4j.h"
#include "check.h"

// Built without contraction (CMakeLists.txt): a fused multiply-add would give other bits where a weight is no integer.

namespace {

void fold(double* __restrict acc, const float* __restrict x, double weight, std::int64_t count) noexcept {
    for (std::int64_t i = 0; i < count; ++i) {
        acc[i] += weight * static_cast<double>(x[i]);
    }
}

void divide(float* __restrict out, const double* __restrict acc, double divisor, std::int64_t count) noexcept {
    for (std::int64_t i = 0; i < count; ++i) {
        out[i] = static_cast<float>(acc[i] / divisor);
    }
}

}  // namespace

std::int32_t bfl_fold_f32(std::int64_t acc, std::int64_t x, double weight, std::int64_t count) noexcept {
    if (count == 0) {
        return 0;
    }
    if (count < 0 || !bfl::usable<double>(acc) || !bfl::usable<float>(x)) {
        return -EINVAL;
    }
    fold(bfl::at<double>(acc), bfl::at<const float>(x), weight, count);
    return 0;
}

std::int32_t bfl_divide_f32(std::int64_t out, std::int64_t acc, double divisor, std::int64_t count) noexcept {
    if (count == 0) {
        return 0;
    }
    if (count < 0 || !bfl::usable<float>(out) || !bfl::usable<double>(acc)) {
        return -EINVAL;
    }
    divide(bfl::at<float>(out), bfl::at<const double>(acc), divisor, count);
    return 0;
}
