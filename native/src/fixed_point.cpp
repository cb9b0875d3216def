#include "fixed_point.h"

#include <cmath>
#include <cstring>

namespace {

constexpr int mantissa_bits = 52;

std::uint64_t bits_of(double value) noexcept {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

/** Sets `sum` to a + b + carry, or a - b - carry, and returns the new carry. */
template <bool Negative>
bool add_limb(std::uint64_t& sum, std::uint64_t a, std::uint64_t b, bool carry) noexcept {
    if constexpr (Negative) {
        const bool first = __builtin_sub_overflow(a, b, &sum);
        const bool second = __builtin_sub_overflow(sum, std::uint64_t{carry}, &sum);
        return first || second;
    } else {
        const bool first = __builtin_add_overflow(a, b, &sum);
        const bool second = __builtin_add_overflow(sum, std::uint64_t{carry}, &sum);
        return first || second;
    }
}

}  // namespace

bool bfl::FixedPoint::holds(double value) noexcept {
    constexpr double limit = 0x1p230;
    const double scaled = std::ldexp(value, -lowest_exponent);
    return std::fabs(value) < limit && scaled == std::trunc(scaled) && (value == 0 || scaled != 0);
}

template <bool Negative>
void bfl::FixedPoint::add(int limb, std::uint64_t low, std::uint64_t high) noexcept {
    bool carry = add_limb<Negative>(limbs_[limb], limbs_[limb], low, false);
    if (++limb < limbs) {
        carry = add_limb<Negative>(limbs_[limb], limbs_[limb], high, carry);
    }
    while (carry && ++limb < limbs) {
        carry = add_limb<Negative>(limbs_[limb], limbs_[limb], 0, true);
    }
}

void bfl::FixedPoint::add(double value) noexcept {
    if (value == 0) {
        return;
    }
    constexpr std::uint64_t implicit = std::uint64_t{1} << mantissa_bits;
    constexpr int exponent_of_zero = -1023 - mantissa_bits;
    const std::uint64_t bits = bits_of(value);
    std::uint64_t mantissa = (bits & (implicit - 1)) | implicit;
    int shift = static_cast<int>(bits >> mantissa_bits & 0x7ff) + exponent_of_zero - lowest_exponent;
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

void bfl::FixedPoint::add(const FixedPoint& other) noexcept {
    bool carry = false;
    for (int i = 0; i < limbs; ++i) {
        carry = add_limb<false>(limbs_[i], limbs_[i], other.limbs_[i], carry);
    }
}

double bfl::FixedPoint::rounded() const noexcept {
    const bool negative = limbs_[limbs - 1] >> 63 != 0;
    std::uint64_t magnitude[limbs] = {};
    bool carry = false;
    for (int i = 0; i < limbs; ++i) {
        carry = negative ? add_limb<true>(magnitude[i], 0, limbs_[i], carry)
                         : add_limb<false>(magnitude[i], 0, limbs_[i], carry);
    }
    int top = limbs - 1;
    while (top > 0 && magnitude[top] == 0) {
        --top;
    }
    if (magnitude[top] == 0) {
        return 0;
    }
    // The 64 highest bits, the lowest of which also stands for all bits below: the conversion then rounds correctly.
    const int zeros = __builtin_clzll(magnitude[top]);
    std::uint64_t highest = magnitude[top] << zeros;
    std::uint64_t below = 0;
    if (top > 0) {
        highest |= zeros == 0 ? 0 : magnitude[top - 1] >> (64 - zeros);
        below = magnitude[top - 1] << zeros;
    }
    for (int i = 0; i < top - 1; ++i) {
        below |= magnitude[i];
    }
    const double rounded =
        std::ldexp(static_cast<double>(highest | (below != 0)), 64 * top - zeros + lowest_exponent);
    return negative ? -rounded : rounded;
}
