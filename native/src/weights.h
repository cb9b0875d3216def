/* The weights of vectors in exact sums. */
#pragma once

#include <algorithm>
#include <cstdint>

#include "address.h"
#include "bits.h"

namespace bfl {

inline bool is_weight(double weight) noexcept { return weight >= 0x1p-64 && weight <= 0x1p63; }

/** Returns whether one vector or more, by their addresses, and their weights can be added to a sum. */
inline bool are_weighted(const std::int64_t* x, const double* weights, std::int32_t vectors) noexcept {
    return x != nullptr && weights != nullptr && std::all_of(x, x + vectors, usable<float>) &&
           std::all_of(weights, weights + vectors, is_weight);
}

/**
 * Returns a weight's 29 highest bits, whose product with a float is exact. Those that it leaves are 24 at most, so theirs
 * is exact, too.
 */
inline double upper_bits(double weight) noexcept { return double_of(bits_of(weight) & ~std::uint64_t{0xffffff}); }

}  // namespace bfl
