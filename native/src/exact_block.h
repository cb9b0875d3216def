/*
 * Sums of weighted floats without any rounding, for the elements of one block.
 *
 * An element has two doubles: `high`, an anchor M = 1.5 * 2^m plus a multiple of u = 2^(m - 52), and `low`. Its sum is
 * (high - M) + low. A term p is added by
 *
 *     before = high;  high = before + p;  low += p - (high - before)
 *
 * After at most seven terms, `low` is carried: as many units u as it has move to `high`, so that |low| <= u / 2. Let 2^l
 * divide all terms of the block. Nothing is lost:
 *
 *  1. p = w * x is exact: x has 24 bits, and a weight of more than 29 bits is added as two.
 *  2. The bound of the sum of all |p| is below 2^(m - 2). So `high` stays between 2^m and 2^(m + 1), where the doubles are
 *     the multiples of u: before + p is rounded to one of them, and high - before is exact.
 *  3. p - (high - before) is the error of an addition: a double, at most u / 2, and a multiple of 2^l. With the carry,
 *     |low| <= 8 * u / 2 = 2^(m - 50). A multiple of 2^l up to 2^(l + 53) is a double. So `low` is exact while
 *     m <= l + 103.
 *  4. high - M is exact, a multiple of u below 2^53 * u. One addition to `low` rounds the sum correctly.
 *
 * So the result is a function of the exact sum: neither the order of the terms nor their grouping changes a bit.
 *
 * If a block's bound grows too large for its anchor, or l too small, the block moves to another anchor: high - M and low
 * are added to that one as two terms. Two blocks are merged in the same way. Between the conditions of 2. and 3. there is
 * room for a range of 2^77 less that of the weights: if 100 clients have 500 samples each, the least and the greatest
 * number of a block may be 2^61 apart. A block beyond that, or with numbers that are not finite, becomes wide:
 * fixed-point numbers hold anything, slowly.
 */
#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "bits.h"
#include "exact_kernels.h"
#include "fixed_point.h"

namespace bfl {

/** What is known of some terms. */
struct Terms {
    /** The largest sum of magnitudes of one element's terms; rounding of this sum does not matter. */
    double bound = 0;
    /** The exponent of a power of two that divides all terms. */
    int lowest = std::numeric_limits<int>::max();

    bool any() const noexcept { return bound != 0; }
};

/** Returns the exponent of the lowest bit of a double that is set; the double is not subnormal. */
inline int lowest_bit(double value) noexcept {
    constexpr std::uint64_t implicit = std::uint64_t{1} << mantissa_bits;
    return exponent_of(value) - mantissa_bits + __builtin_ctzll(bits_of(value) | implicit);
}

class Block {
  public:
    /** Sums as fixed-point numbers. */
    class Wide;

    Block() noexcept;
    ~Block();

    void clear() noexcept;

    /** Makes room for more terms, which follow. Returns false if there is no memory. */
    bool prepare(const Terms& terms, Sums& sums) noexcept;

    bool is_wide() const noexcept { return wide_ != nullptr; }

    /** Adds vectors to a wide block. ExactKernels add them to others. */
    void add_wide(const Vectors& vectors) noexcept;

    /** Adds one term to each element. */
    void add(const double* terms, Sums& sums) noexcept;

    /** Adds another block. Returns false if there is no memory. */
    bool add(const Block& other, const Sums& others, Sums& sums) noexcept;

    void divide(float* out, double divisor, const Sums& sums, const ExactKernels& kernels) const noexcept;

    /** Returns whether a part may be other than zeros. */
    bool has_part(int number) const noexcept { return is_wide() || (terms_.any() && number < 2); }

    /**
     * Writes the doubles nearest to the sums for number 0, then those nearest to what is left of them, and so on; if the
     * block has such a part.
     */
    void part(double* out, int number, const Sums& sums) const noexcept;

  private:
    /** The sums of a block that is not wide, as two terms of each element. */
    struct Pairs;

    Pairs pairs(const Sums& sums) const noexcept;
    void move(int exponent, Sums& sums) noexcept;
    bool widen(const Sums& sums) noexcept;

    Terms terms_;
    int exponent_;  // of the anchor
    std::unique_ptr<Wide> wide_;
};

}  // namespace bfl
