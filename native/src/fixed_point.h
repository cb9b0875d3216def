/* Binary fixed-point numbers wide enough for every sum of weighted floats, and for what it is made of. */
#pragma once

#include <cstdint>

#include "bits.h"

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
    BFL_BOTH void add(double value) noexcept;

    BFL_BOTH void add(const FixedPoint& other) noexcept;

    /** Returns the nearest double, the even one of two. Never a negative zero. */
    BFL_BOTH double rounded() const noexcept;

  private:
    static constexpr int limbs = 8;

    /** Adds or subtracts a number of two limbs, whose lower one counts 2^(64 * limb) of the lowest bit. */
    template <bool Negative>
    BFL_BOTH void add(int limb, std::uint64_t low, std::uint64_t high) noexcept;

    /** Adds a number and the carry to a limb, or subtracts them, and sets the carry. */
    template <bool Negative>
    BFL_BOTH static void add_limb(std::uint64_t& limb, std::uint64_t number, bool& carry) noexcept;

    /** Returns the number of zeros above the highest bit of a number that is not 0. */
    BFL_BOTH static int leading_zeros(std::uint64_t number) noexcept;

    std::uint64_t limbs_[limbs] = {};  // two's complement, the lowest limb first
};

template <bool Negative>
BFL_BOTH inline void FixedPoint::add_limb(std::uint64_t& limb, std::uint64_t number, bool& carry) noexcept {
    const std::uint64_t term = number + (carry ? 1 : 0);
    const bool wrapped = carry && term == 0;
    if (Negative) {
        carry = wrapped || limb < term;
        limb -= term;
    } else {
        limb += term;
        carry = wrapped || limb < term;
    }
}

template <bool Negative>
BFL_BOTH inline void FixedPoint::add(int limb, std::uint64_t low, std::uint64_t high) noexcept {
    bool carry = false;
    add_limb<Negative>(limbs_[limb], low, carry);
    if (++limb < limbs) {
        add_limb<Negative>(limbs_[limb], high, carry);
    }
    while (carry && ++limb < limbs) {
        add_limb<Negative>(limbs_[limb], 0, carry);
    }
}

BFL_BOTH inline void FixedPoint::add(double value) noexcept {
    if (value == 0) {
        return;
    }
    constexpr std::uint64_t implicit = std::uint64_t{1} << mantissa_bits;
    const std::uint64_t bits = bits_of(value);
    std::uint64_t mantissa = (bits & (implicit - 1)) | implicit;
    int shift = exponent_of(value) - mantissa_bits - lowest_exponent;
    if (shift < 0) {
        mantissa >>= -shift;  // zeros
        shift = 0;
    }
    const int up = shift % 64;
    const std::uint64_t high = up == 0 ? 0 : mantissa >> (64 - up);
    if (bits >> 63 != 0) {
        add<true>(shift / 64, mantissa << up, high);
    } else {
        add<false>(shift / 64, mantissa << up, high);
    }
}

BFL_BOTH inline void FixedPoint::add(const FixedPoint& other) noexcept {
    bool carry = false;
    for (int i = 0; i < limbs; ++i) {
        add_limb<false>(limbs_[i], other.limbs_[i], carry);
    }
}

BFL_BOTH inline double FixedPoint::rounded() const noexcept {
    const bool negative = limbs_[limbs - 1] >> 63 != 0;
    std::uint64_t magnitude[limbs] = {};
    bool carry = false;
    for (int i = 0; i < limbs; ++i) {
        if (negative) {
            add_limb<true>(magnitude[i], limbs_[i], carry);
        } else {
            magnitude[i] = limbs_[i];
        }
    }
    int top = limbs - 1;
    while (top > 0 && magnitude[top] == 0) {
        --top;
    }
    if (magnitude[top] == 0) {
        return 0;
    }
    // The 64 highest bits, the lowest of which also stands for all bits below: the conversion then rounds correctly.
    const int zeros = leading_zeros(magnitude[top]);
    std::uint64_t highest = magnitude[top] << zeros;
    std::uint64_t below = 0;
    if (top > 0) {
        highest |= zeros == 0 ? 0 : magnitude[top - 1] >> (64 - zeros);
        below = magnitude[top - 1] << zeros;
    }
    for (int i = 0; i < top - 1; ++i) {
        below |= magnitude[i];
    }
    const double rounded = static_cast<double>(highest | (below != 0 ? 1 : 0)) *
                           power_of_two(64 * top - zeros + lowest_exponent);
    return negative ? -rounded : rounded;
}

BFL_BOTH inline int FixedPoint::leading_zeros(std::uint64_t number) noexcept {
#ifdef __CUDA_ARCH__
    return __clzll(static_cast<long long>(number));
#else
    return __builtin_clzll(number);
#endif
}

}  // namespace bfl
