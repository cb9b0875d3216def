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

/**
 * Whether none of the elements at `x` has all bits of `exponent` set. An element is an unsigned number of 2, 4 or 8 bytes;
 * other sizes are no elements.
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

/** All widths, the widest first; the last one runs everywhere. */
constexpr int kernel_widths = 3;
const Kernels* kernel_table() noexcept;

}  // namespace bfl
