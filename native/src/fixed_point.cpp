#include "fixed_point.h"

#include <cmath>

bool bfl::FixedPoint::holds(double value) noexcept {
    constexpr int highest_exponent = 229;
    const int exponent = exponent_of(value);
    if (exponent >= lowest_exponent + mantissa_bits && exponent <= highest_exponent) {
        return true;  // as nearly all do
    }
    constexpr double limit = 0x1p230;
    const double scaled = std::ldexp(value, -lowest_exponent);
    return std::fabs(value) < limit && scaled == std::trunc(scaled) && (value == 0 || scaled != 0);
}
