#include "arithmetic.h"

#include <xmmintrin.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "address.h"
#include "blazefl4j.h"

// Built without contraction (CMakeLists.txt): a fused multiply-add changes the bits if a product is not exact.

#define BFL_INLINE __attribute__((always_inline)) inline

namespace {

// Measured (benchmarks: Fold): more vectors at a time are more streams than the processor prefetches well, fewer pass over
// the accumulator more often. A block of it stays in the second-level cache while all vectors are added.
constexpr std::int32_t most_at_a_time = 5;
constexpr std::int64_t block = 1 << 16;
constexpr std::int64_t cell = 64;
constexpr int ahead = 1536;  // bytes; hardware prefetching stops at each page
constexpr int line = 64;

BFL_INLINE void prefetch(const void* from, std::int64_t bytes) {
    const char* start = static_cast<const char*>(from) + ahead;
    for (std::int64_t offset = 0; offset < bytes; offset += line) {
        __builtin_prefetch(start + offset);
    }
}

template <int Vectors>
BFL_INLINE double folded(double sum, const float* const* x, const double* weights, std::int64_t i) {
    if constexpr (Vectors == 0) {
        return sum;
    } else {
        const double before = folded<Vectors - 1>(sum, x, weights, i);
        return before + weights[Vectors - 1] * static_cast<double>(x[Vectors - 1][i]);
    }
}

/** One pass over elements. Lanes do not mix, so the vector width does not change the bits. */
template <int Vectors, bool Fresh>
BFL_INLINE void pass(double* __restrict acc, const std::int64_t* addresses, const double* factors, std::int64_t from,
                     std::int64_t to) {
    const float* x[Vectors];
    double weights[Vectors];
    std::transform(addresses, addresses + Vectors, x, bfl::at<const float>);
    std::copy_n(factors, Vectors, weights);
    std::int64_t i = from;
    for (; i + cell <= to; i += cell) {
        prefetch(acc + i, cell * sizeof(double));
        for (int v = 0; v < Vectors; ++v) {
            prefetch(x[v] + i, cell * sizeof(float));
        }
        for (std::int64_t j = i; j < i + cell; ++j) {
            acc[j] = folded<Vectors>(Fresh ? 0.0 : acc[j], x, weights, j);
        }
    }
    for (; i < to; ++i) {
        acc[i] = folded<Vectors>(Fresh ? 0.0 : acc[i], x, weights, i);
    }
}

template <int Vectors = most_at_a_time>
BFL_INLINE void pass(double* acc, const std::int64_t* x, const double* weights, std::int32_t vectors, std::int64_t from,
                     std::int64_t to, bool fresh) {
    if constexpr (Vectors > 0) {
        if (vectors < Vectors) {
            pass<Vectors - 1>(acc, x, weights, vectors, from, to, fresh);
        } else if (fresh) {
            pass<Vectors, true>(acc, x, weights, from, to);
        } else {
            pass<Vectors, false>(acc, x, weights, from, to);
        }
    }
}

BFL_INLINE void fold(double* acc, const std::int64_t* x, const double* weights, std::int32_t vectors, std::int64_t from,
                     std::int64_t to, bool fresh) {
    for (std::int64_t start = from; start < to; start += block) {
        const std::int64_t end = std::min(start + block, to);
        for (std::int32_t done = 0; done < vectors; done += most_at_a_time) {
            const std::int32_t now = std::min(most_at_a_time, vectors - done);
            pass(acc, x + done, weights + done, now, start, end, fresh && done == 0);
        }
    }
}

BFL_INLINE void divide(float* __restrict out, const double* __restrict acc, double divisor, std::int64_t from,
                       std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
        out[i] = static_cast<float>(acc[i] / divisor);
    }
}

/** Checks after each block only, so that the compiler vectorises the loop. */
template <typename Bits>
BFL_INLINE bool finite(const Bits* x, std::int64_t elements, Bits exponent) {
    constexpr std::int64_t at_once = 1 << 12;
    for (std::int64_t start = 0; start < elements; start += at_once) {
        const std::int64_t end = std::min(start + at_once, elements);
        Bits found = 0;
        for (std::int64_t i = start; i < end; ++i) {
            found |= static_cast<Bits>((x[i] & exponent) == exponent);
        }
        if (found != 0) {
            return false;
        }
    }
    return true;
}

BFL_INLINE bool finite(std::int64_t x, std::int64_t elements, std::int32_t bytes, std::uint64_t exponent) {
    switch (bytes) {
        case 2: return finite(bfl::at<const std::uint16_t>(x), elements, static_cast<std::uint16_t>(exponent));
        case 4: return finite(bfl::at<const std::uint32_t>(x), elements, static_cast<std::uint32_t>(exponent));
        case 8: return finite(bfl::at<const std::uint64_t>(x), elements, exponent);
        default: return true;
    }
}

// The same loops for each width, vectorised by the compiler.
#define BFL_KERNELS(width, attributes)                                                                          \
    attributes void fold_##width(double* acc, const std::int64_t* x, const double* weights, std::int32_t vectors, \
                                 std::int64_t from, std::int64_t to, bool fresh) {                              \
        fold(acc, x, weights, vectors, from, to, fresh);                                                        \
    }                                                                                                           \
    attributes void divide_##width(float* out, const double* acc, double divisor, std::int64_t from,            \
                                   std::int64_t to) {                                                           \
        divide(out, acc, divisor, from, to);                                                                    \
    }                                                                                                           \
    attributes bool finite_##width(std::int64_t x, std::int64_t elements, std::int32_t bytes,                   \
                                   std::uint64_t exponent) {                                                    \
        return finite(x, elements, bytes, exponent);                                                            \
    }

BFL_KERNELS(sse2, )
BFL_KERNELS(avx2, __attribute__((target("avx2"))))
BFL_KERNELS(avx512, __attribute__((target("avx512f"))))

const bfl::Kernels& widest() noexcept {
    static const bfl::Kernels& chosen =
        *std::find_if(bfl::kernel_table(), bfl::kernel_table() + bfl::kernel_widths, [](const bfl::Kernels& kernels) {
            return kernels.supported;
        });
    return chosen;
}

/** Sets the calling thread's rounding and denormal modes to their defaults for the life of this object. */
class DefaultArithmetic {
  public:
    DefaultArithmetic() noexcept : before_(_mm_getcsr()) { _mm_setcsr(masked_exceptions_only); }
    ~DefaultArithmetic() { _mm_setcsr(before_); }
    DefaultArithmetic(const DefaultArithmetic&) = delete;
    DefaultArithmetic& operator=(const DefaultArithmetic&) = delete;

  private:
    static constexpr unsigned masked_exceptions_only = 0x1f80;
    const unsigned before_;
};

bool is_element(std::int64_t address, std::int32_t bytes) noexcept {
    switch (bytes) {
        case 2: return bfl::usable<std::uint16_t>(address);
        case 4: return bfl::usable<std::uint32_t>(address);
        case 8: return bfl::usable<std::uint64_t>(address);
        default: return false;
    }
}

bool is_range(std::int64_t from, std::int64_t to) noexcept { return 0 <= from && from <= to; }

}  // namespace

const bfl::Kernels* bfl::kernel_table() noexcept {
    static const Kernels table[kernel_widths] = {
        {"avx512f", __builtin_cpu_supports("avx512f") != 0, fold_avx512, divide_avx512, finite_avx512},
        {"avx2", __builtin_cpu_supports("avx2") != 0, fold_avx2, divide_avx2, finite_avx2},
        {"sse2", true, fold_sse2, divide_sse2, finite_sse2},
    };
    return table;
}

std::int32_t bfl_fold_f32(std::int64_t acc, const std::int64_t* x, const double* weights, std::int32_t vectors,
                          std::int64_t from, std::int64_t to, std::int32_t fresh) noexcept {
    if (vectors < 0 || !is_range(from, to)) {
        return -EINVAL;
    }
    if (vectors == 0 || from == to) {
        return 0;
    }
    if (!bfl::usable<double>(acc) || x == nullptr || weights == nullptr ||
        !std::all_of(x, x + vectors, bfl::usable<float>)) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    widest().fold(bfl::at<double>(acc), x, weights, vectors, from, to, fresh != 0);
    return 0;
}

std::int32_t bfl_divide_f32(std::int64_t out, std::int64_t acc, double divisor, std::int64_t from,
                            std::int64_t to) noexcept {
    if (!is_range(from, to)) {
        return -EINVAL;
    }
    if (from == to) {
        return 0;
    }
    if (!bfl::usable<float>(out) || !bfl::usable<double>(acc)) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    widest().divide(bfl::at<float>(out), bfl::at<const double>(acc), divisor, from, to);
    return 0;
}

std::int32_t bfl_is_finite(std::int64_t x, std::int64_t elements, std::int32_t bytes,
                           std::int32_t exponent_bits) noexcept {
    if (elements < 0) {
        return -EINVAL;
    }
    if (elements == 0) {
        return 1;
    }
    if (!is_element(x, bytes) || exponent_bits < 1 || exponent_bits >= 8 * bytes) {
        return -EINVAL;
    }
    const std::uint64_t exponent = ((std::uint64_t{1} << exponent_bits) - 1) << (8 * bytes - 1 - exponent_bits);
    return widest().finite(x, elements, bytes, exponent) ? 1 : 0;
}
