#include "fixed_point.h"

#include <cmath>

bool bfl::FixedPoint::holds(double value) noexcept {
    constexpr double limit = 0x1p230;
    const double scaled = std::ldexp(value, -lowest_exponent);
    return std::fabs(value) < limit && scaled == std::trunc(scaled) && (value == 0 || scaled != 0);
}
