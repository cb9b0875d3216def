#include "arithmetic.h"

#include <cerrno>
#include <cstdint>

#include "address.h"
#include "blazefl4j.h"

// Built without contraction (CMakeLists.txt): a fused multiply-add would give other bits where a product is not exact.

namespace {

// The same loop for each width, vectorised by the compiler. Lanes do not mix, so the width does not change a bit.
#define BFL_FOLD(name, attributes)                                                                                      \
    attributes void name(double* __restrict acc, const float* __restrict x, double weight, std::int64_t count) {        \
        for (std::int64_t i = 0; i < count; ++i) {                                                                      \
            acc[i] += weight * static_cast<double>(x[i]);                                                               \
        }                                                                                                               \
    }

BFL_FOLD(fold_sse2, )
BFL_FOLD(fold_avx2, __attribute__((target("avx2"))))
BFL_FOLD(fold_avx512, __attribute__((target("avx512f"))))

bfl::Fold widest_fold() noexcept {
    const bfl::FoldKernel* kernel = bfl::fold_kernel_table();
    while (!kernel->supported) {
        ++kernel;
    }
    return kernel->fold;
}

}  // namespace

const bfl::FoldKernel* bfl::fold_kernel_table() noexcept {
    static const FoldKernel table[fold_kernels] = {
        {"avx512f", __builtin_cpu_supports("avx512f") != 0, fold_avx512},
        {"avx2", __builtin_cpu_supports("avx2") != 0, fold_avx2},
        {"sse2", true, fold_sse2},
    };
    return table;
}

std::int32_t bfl_fold_f32(std::int64_t acc, std::int64_t x, double weight, std::int64_t count) noexcept {
    static const bfl::Fold fold = widest_fold();
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
    auto* __restrict quotient = bfl::at<float>(out);
    const auto* __restrict dividend = bfl::at<const double>(acc);
    for (std::int64_t i = 0; i < count; ++i) {
        quotient[i] = static_cast<float>(dividend[i] / divisor);
    }
    return 0;
}
