/* The weights of vectors in exact sums. */
#pragma once

#include "bits.h"

namespace bfl {

inline bool is_weight(double weight) noexcept { return weight >= 0x1p-64 && weight <= 0x1p63; }

/**
 * Returns a weight's 29 highest bits, whose product with a float is exact. Those that it leaves are 24 at most, so theirs
 * is exact, too.
 */
inline double upper_bits(double weight) noexcept { return double_of(bits_of(weight) & ~std::uint64_t{0xffffff}); }

}  // namespace bfl
