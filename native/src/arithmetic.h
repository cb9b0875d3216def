/* The search for numbers that are not finite, for each vector width. */
#pragma once

#include <cstdint>

namespace bfl {

/**
 * Returns whether no element at `x` has all bits of `exponent` set. An element is an unsigned number of 2, 4 or 8 bytes.
 */
using Finite = bool (*)(std::int64_t x, std::int64_t elements, std::int32_t bytes, std::uint64_t exponent);

/** The kernels of one vector width and whether this processor can run them. */
struct Kernels {
    const char* name;
    bool supported;
    Finite finite;
};

/** All widths, widest first. The last one runs on every processor. */
constexpr int kernel_widths = 3;
const Kernels* kernel_table() noexcept;

}  // namespace bfl
