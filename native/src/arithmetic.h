/* The arithmetic kernels, one set for each vector width; tests compare their bits. */
#pragma once

#include <cstdint>

namespace bfl {

/**
 * Adds, for each element from `from` to before `to`, the weighted elements of `vectors` vectors at the addresses `x` to
 * the accumulator, one vector after another; `fresh`: to zero instead of to what is in the accumulator.
 */
using Fold = void (*)(double* acc, const std::int64_t* x, const double* weights, std::int32_t vectors, std::int64_t from,
                      std::int64_t to, bool fresh);

/** out[i] = (float)(acc[i] / divisor) from `from` to before `to`. */
using Divide = void (*)(float* out, const double* acc, double divisor, std::int64_t from, std::int64_t to);

/** The kernels of one vector width and whether this processor can run them. */
struct Kernels {
    const char* name;
    bool supported;
    Fold fold;
    Divide divide;
};

/** All widths, the widest first; the last one runs everywhere. */
constexpr int kernel_widths = 3;
const Kernels* kernel_table() noexcept;

}  // namespace bfl
