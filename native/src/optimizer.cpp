#include "optimizer.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>

#include "address.h"
#include "blazefl4j.h"
#include "kernels.h"

// PyTorch's operations in PyTorch's order. Where its AVX2 and AVX-512 kernels fuse a product and a sum, std::fma does so on
// every processor, in software without FMA: so the bits are the same everywhere. Nothing else is contracted.

namespace {

enum class Velocity { none, first, next };

BFL_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

/** The gradient that a step uses. */
template <bool Coupled, typename Step>
BFL_INLINE float gradient(float g, float weight, const Step& step) {
    const float scaled = step.scale * g;
    return Coupled ? fused(weight, step.decay, scaled) : scaled;
}

template <Velocity Kind, bool Nesterov, bool Coupled>
BFL_INLINE void sgd(float* __restrict weights, const float* __restrict gradients, float* __restrict velocity,
                    std::int64_t elements, const bfl::SgdStep step) {
    for (std::int64_t i = 0; i < elements; ++i) {
        const float weight = step.kept * weights[i];
        float towards = gradient<Coupled>(gradients[i], weight, step);
        if constexpr (Kind != Velocity::none) {
            const float v =
                Kind == Velocity::first ? towards : fused(towards, step.share, velocity[i] * step.momentum);
            velocity[i] = v;
            towards = Nesterov ? fused(v, step.momentum, towards) : v;
        }
        weights[i] = fused(towards, step.rate, weight);
    }
}

template <Velocity Kind, bool Nesterov>
BFL_INLINE void sgd(float* weights, const float* gradients, float* velocity, std::int64_t elements,
                    const bfl::SgdStep& step) {
    if (step.coupled) {
        sgd<Kind, Nesterov, true>(weights, gradients, velocity, elements, step);
    } else {
        sgd<Kind, Nesterov, false>(weights, gradients, velocity, elements, step);
    }
}

template <Velocity Kind>
BFL_INLINE void sgd(float* weights, const float* gradients, float* velocity, std::int64_t elements,
                    const bfl::SgdStep& step) {
    if (step.nesterov) {
        sgd<Kind, true>(weights, gradients, velocity, elements, step);
    } else {
        sgd<Kind, false>(weights, gradients, velocity, elements, step);
    }
}

BFL_INLINE void sgd(float* weights, const float* gradients, float* velocity, std::int64_t elements,
                    const bfl::SgdStep& step) {
    if (velocity == nullptr) {
        sgd<Velocity::none, false>(weights, gradients, velocity, elements, step);
    } else if (step.first) {
        sgd<Velocity::first>(weights, gradients, velocity, elements, step);
    } else {
        sgd<Velocity::next>(weights, gradients, velocity, elements, step);
    }
}

/** PyTorch's lerp: from the nearer end, by a weight below or above one half. */
template <bool Small>
BFL_INLINE float lerp(float from, float to, float weight) {
    return Small ? fused(weight, to - from, from) : fused(weight - 1.0f, to - from, to);
}

template <bool Small, bool Coupled>
BFL_INLINE void adam(float* __restrict weights, const float* __restrict gradients, float* __restrict first,
                     float* __restrict second, std::int64_t elements, const bfl::AdamStep step) {
    for (std::int64_t i = 0; i < elements; ++i) {
        const float weight = step.kept * weights[i];
        const float g = gradient<Coupled>(gradients[i], weight, step);
        const float mean = lerp<Small>(first[i], g, step.share1);
        const float square = fused(step.share2 * g, g, second[i] * step.beta2);
        const float divisor = __builtin_sqrtf(square) / step.correction + step.eps;
        first[i] = mean;
        second[i] = square;
        weights[i] = weight + step.rate * mean / divisor;
    }
}

template <bool Small>
BFL_INLINE void adam(float* weights, const float* gradients, float* first, float* second, std::int64_t elements,
                     const bfl::AdamStep& step) {
    if (step.coupled) {
        adam<Small, true>(weights, gradients, first, second, elements, step);
    } else {
        adam<Small, false>(weights, gradients, first, second, elements, step);
    }
}

BFL_INLINE void adam(float* weights, const float* gradients, float* first, float* second, std::int64_t elements,
                     const bfl::AdamStep& step) {
    if (step.share1 < 0.5f) {
        adam<true>(weights, gradients, first, second, elements, step);
    } else {
        adam<false>(weights, gradients, first, second, elements, step);
    }
}

template <bool Constant>
BFL_INLINE void pull_to(float* __restrict gradients, const float* __restrict constant, float pull,
                        const float* __restrict weights, const float* __restrict anchor, std::int64_t elements) {
    for (std::int64_t i = 0; i < elements; ++i) {
        gradients[i] = fused(pull, weights[i] - anchor[i], Constant ? constant[i] : 0.0f);
    }
}

BFL_INLINE void pull_to(float* gradients, const float* constant, float pull, const float* weights, const float* anchor,
                        std::int64_t elements) {
    if (constant == nullptr) {
        pull_to<false>(gradients, constant, pull, weights, anchor, elements);
    } else {
        pull_to<true>(gradients, constant, pull, weights, anchor, elements);
    }
}

BFL_INLINE double sum_squares(const float* x, std::int64_t elements) {
    constexpr std::int64_t block = 1 << 16;
    constexpr int lanes = 8;
    double total = 0;
    for (std::int64_t start = 0; start < elements; start += block) {
        const std::int64_t end = std::min(start + block, elements);
        double sums[lanes] = {};
        std::int64_t i = start;
        for (; i + lanes <= end; i += lanes) {
            for (int lane = 0; lane < lanes; ++lane) {
                const double value = x[i + lane];
                sums[lane] += value * value;  // exact: the square of a float fits a double
            }
        }
        for (int lane = 0; i < end; ++i, ++lane) {
            const double value = x[i];
            sums[lane] += value * value;
        }
        double sum = 0;
        for (const double lane : sums) {
            sum += lane;
        }
        total += sum;
    }
    return total;
}

// The same loops for each width, vectorised by the compiler.
#define BFL_STEPS(width, attributes)                                                                                      \
    attributes void sgd_##width(float* weights, const float* gradients, float* velocity, std::int64_t elements,           \
                                const bfl::SgdStep& step) {                                                               \
        sgd(weights, gradients, velocity, elements, step);                                                                \
    }                                                                                                                     \
    attributes void adam_##width(float* weights, const float* gradients, float* first, float* second,                     \
                                 std::int64_t elements, const bfl::AdamStep& step) {                                      \
        adam(weights, gradients, first, second, elements, step);                                                          \
    }                                                                                                                     \
    attributes void pull_##width(float* gradients, const float* constant, float pull, const float* weights,               \
                                 const float* anchor, std::int64_t elements) {                                            \
        pull_to(gradients, constant, pull, weights, anchor, elements);                                                    \
    }                                                                                                                     \
    attributes double sum_squares_##width(const float* x, std::int64_t elements) { return sum_squares(x, elements); }

BFL_STEPS(sse2, )
BFL_STEPS(avx2, __attribute__((target("avx2,fma"))))
BFL_STEPS(avx512, __attribute__((target("avx512f"))))

bool is_vector(std::int64_t address) noexcept { return bfl::usable<float>(address); }

constexpr std::int32_t all_flags = BFL_NESTEROV | BFL_DECOUPLED | BFL_FIRST;

bool has(std::int32_t flags, std::int32_t flag) noexcept { return (flags & flag) != 0; }

/** PyTorch computes with scalars in double, and rounds what it gives to a kernel. */
float rounded(double value) noexcept { return static_cast<float>(value); }

}  // namespace

const bfl::StepKernels* bfl::step_table() noexcept {
    static const bool fma = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    static const StepKernels table[step_widths] = {
        {"avx512f", __builtin_cpu_supports("avx512f") != 0, sgd_avx512, adam_avx512, pull_avx512, sum_squares_avx512},
        {"avx2", fma, sgd_avx2, adam_avx2, pull_avx2, sum_squares_avx2},
        {"sse2", true, sgd_sse2, adam_sse2, pull_sse2, sum_squares_sse2},
    };
    return table;
}

bfl::SgdStep bfl::sgd_step(double scale, double rate, double momentum, double dampening, double weight_decay,
                           bool decoupled, bool nesterov, bool first) noexcept {
    return {rounded(scale),
            rounded(-rate),
            decoupled ? rounded(1 - rate * weight_decay) : 1.0f,
            rounded(weight_decay),
            rounded(momentum),
            rounded(1 - dampening),
            weight_decay != 0 && !decoupled,
            nesterov,
            first};
}

bfl::AdamStep bfl::adam_step(double scale, double rate, double beta1, double beta2, double eps, double weight_decay,
                             std::int64_t number, bool decoupled) noexcept {
    const auto steps = static_cast<double>(number);
    return {rounded(scale),
            rounded(-(rate / (1 - std::pow(beta1, steps)))),
            decoupled ? rounded(1 - rate * weight_decay) : 1.0f,
            rounded(weight_decay),
            rounded(1 - beta1),
            rounded(beta2),
            rounded(1 - beta2),
            rounded(std::pow(1 - std::pow(beta2, steps), 0.5)),
            rounded(eps),
            weight_decay != 0 && !decoupled};
}

std::int32_t bfl_sgd_step_f32(std::int64_t weights, std::int64_t gradients, std::int64_t velocity, std::int64_t elements,
                              double scale, double rate, double momentum, double dampening, double weight_decay,
                              std::int32_t flags) noexcept {
    if (elements < 0 || (flags & ~all_flags) != 0) {
        return -EINVAL;
    }
    if (elements == 0) {
        return 0;
    }
    const bool moves = momentum != 0;
    if (!is_vector(weights) || !is_vector(gradients) || (moves && !is_vector(velocity))) {
        return -EINVAL;
    }
    const bfl::SgdStep step = bfl::sgd_step(scale, rate, momentum, dampening, weight_decay, has(flags, BFL_DECOUPLED),
                                            has(flags, BFL_NESTEROV), has(flags, BFL_FIRST));
    bfl::widest(bfl::step_table()).sgd(bfl::at<float>(weights), bfl::at<const float>(gradients), moves ? bfl::at<float>(velocity) : nullptr,
                 elements, step);
    return 0;
}

std::int32_t bfl_adam_step_f32(std::int64_t weights, std::int64_t gradients, std::int64_t first, std::int64_t second,
                               std::int64_t elements, double scale, double rate, double beta1, double beta2, double eps,
                               double weight_decay, std::int64_t number, std::int32_t flags) noexcept {
    if (elements < 0 || number < 1 || (flags & ~BFL_DECOUPLED) != 0) {
        return -EINVAL;
    }
    if (elements == 0) {
        return 0;
    }
    if (!is_vector(weights) || !is_vector(gradients) || !is_vector(first) || !is_vector(second)) {
        return -EINVAL;
    }
    const bfl::AdamStep step = bfl::adam_step(scale, rate, beta1, beta2, eps, weight_decay, number, flags != 0);
    bfl::widest(bfl::step_table()).adam(bfl::at<float>(weights), bfl::at<const float>(gradients), bfl::at<float>(first), bfl::at<float>(second),
                  elements, step);
    return 0;
}

std::int32_t bfl_pull_f32(std::int64_t gradients, std::int64_t constant, double pull, std::int64_t weights,
                          std::int64_t anchor, std::int64_t elements) noexcept {
    if (elements < 0) {
        return -EINVAL;
    }
    if (elements == 0) {
        return 0;
    }
    if (!is_vector(gradients) || (constant != 0 && !is_vector(constant)) || !is_vector(weights) || !is_vector(anchor)) {
        return -EINVAL;
    }
    bfl::widest(bfl::step_table())
        .pull(bfl::at<float>(gradients), constant == 0 ? nullptr : bfl::at<const float>(constant), rounded(pull),
              bfl::at<const float>(weights), bfl::at<const float>(anchor), elements);
    return 0;
}

double bfl_sum_squares_f32(std::int64_t x, std::int64_t elements) noexcept {
    if (elements < 0 || (elements > 0 && !is_vector(x))) {
        return -EINVAL;
    }
    return elements == 0 ? 0.0 : bfl::widest(bfl::step_table()).sum_squares(bfl::at<const float>(x), elements);
}
