/* Binary fixed-point numbers wide enough for every sum of weighted floats, and for what it is made of. */
#pragma once

#include <cstdint>

namespace bfl {

/**
 * A multiple of 2^-265 below 2^246, exact. The lowest bit is that of the smallest float (2^-149) times a weight of 2^-64
 * with 53 bits; the highest holds 2^55 times the largest float times a weight of 2^63. Zero when made.
 */
class FixedPoint {
  public:
    static constexpr int lowest_exponent = -265;

    /** Returns whether this type holds a finite double and the sum of 2^15 such ones. */
    static bool holds(double value) noexcept;

    /** Adds a double of which this type holds all bits. */
    void add(double value) noexcept;

    void add(const FixedPoint& other) noexcept;

    /** Returns the nearest double, the even one of two. Never a negative zero. */
    double rounded() const noexcept;

  private:
    static constexpr int limbs = 8;

    /** Adds or subtracts a number of two limbs, whose lower one counts 2^(64 * limb) of the lowest bit. */
    template <bool Negative>
    void add(int limb, std::uint64_t low, std::uint64_t high) noexcept;

    std::uint64_t limbs_[limbs] = {};  // two's complement, the lowest limb first
};

}  // namespace bfl
