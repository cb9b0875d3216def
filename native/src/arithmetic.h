/* Arithmetic kernels for each vector width. Tests compare their bits. */
#pragma once

#include <cstdint>

namespace bfl {

/**
 * Adds the weighted elements of `vectors` vectors at the addresses `x` to the accumulator, from `from` to before `to`, in
 * the order of the vectors. If `fresh`, starts at zero instead of the accumulator.
 */
using Fold = void (*)(double* acc, const std::int64_t* x, const double* weights, std::int32_t vectors, std::int64_t from,
                      std::int64_t to, bool fresh);

/** out[i] = (float)(acc[i] / divisor) from `from` to before `to`. */
using Divide = void (*)(float* out, const double* acc, double divisor, std::int64_t from, std::int64_t to);

/**
 * Returns whether no element at `x` has all bits of `exponent` set. An element is an unsigned number of 2, 4 or 8 bytes.
 */
using Finite = bool (*)(std::int64_t x, std::int64_t elements, std::int32_t bytes, std::uint64_t exponent);

/** The kernels of one vector width and whether this processor can run them. */
struct Kernels {
    const char* name;
    bool supported;
    Fold fold;
    Divide divide;
    Finite finite;
};

/** All widths, widest first. The last one runs on every processor. */
constexpr int kernel_widths = 3;
const Kernels* kernel_table() noexcept;

}  // namespace bfl
