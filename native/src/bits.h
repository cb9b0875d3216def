/* The bits of doubles, on processors and on CUDA devices. */
#pragma once

#include <cstdint>
#include <cstring>

/* What nvcc compiles for both. */
#ifdef __CUDACC__
#define BFL_BOTH __host__ __device__
#else
#define BFL_BOTH
#endif

namespace bfl {

constexpr int mantissa_bits = 52;
constexpr int exponent_bias = 1023;

BFL_BOTH inline std::uint64_t bits_of(double value) noexcept {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

BFL_BOTH inline double double_of(std::uint64_t bits) noexcept {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/** Returns floor(log2 |value|) of a double that is not subnormal; 1024 if it is not finite. */
BFL_BOTH inline int exponent_of(double value) noexcept {
    return static_cast<int>(bits_of(value) >> mantissa_bits & 0x7ff) - exponent_bias;
}

BFL_BOTH inline bool is_finite(double value) noexcept { return exponent_of(value) <= exponent_bias; }

/** Returns 2^exponent, of which the exponent is that of a normal double. */
BFL_BOTH inline double power_of_two(int exponent) noexcept {
    return double_of(static_cast<std::uint64_t>(exponent + exponent_bias) << mantissa_bits);
}

}  // namespace bfl
