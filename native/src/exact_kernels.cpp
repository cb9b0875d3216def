#include "exact_kernels.h"

#include <algorithm>
#include <cstring>

#include "kernels.h"

namespace {

using bfl::block;
using bfl::cell;
using bfl::Cell;
using bfl::Magnitudes;
using bfl::Sums;
using bfl::Vectors;

// Measured (exact_sum_bench). Hardware prefetching stops at each page.
constexpr int floats_ahead = 320;
constexpr int cells_ahead = 12;
constexpr unsigned line = 64;  // bytes

template <unsigned Bytes>
BFL_INLINE void prefetch(const void* from) {
    for (unsigned offset = 0; offset < Bytes; offset += line) {
        __builtin_prefetch(static_cast<const char*>(from) + offset);
    }
}

/** The magnitudes in each column of cells. */
struct Columns {
    std::uint32_t greatest[cell];
    std::uint32_t below_least[cell];

    BFL_INLINE Columns() {
        std::fill_n(greatest, cell, 0u);
        std::fill_n(below_least, cell, ~0u);
    }

    template <int Count>
    BFL_INLINE void take(const float* const* x, int at) {
        for (int v = 0; v < Count; ++v) {
            prefetch<cell * sizeof(float)>(x[v] + at + floats_ahead);
        }
        for (int column = 0; column < cell; ++column) {
            for (int v = 0; v < Count; ++v) {
                std::uint32_t bits;
                std::memcpy(&bits, x[v] + at + column, sizeof bits);
                const std::uint32_t magnitude = bits & 0x7fffffff;
                greatest[column] = std::max(greatest[column], magnitude);
                below_least[column] = std::min(below_least[column], magnitude - 1);  // of a zero the largest number
            }
        }
    }

    BFL_INLINE Magnitudes all() const {
        return {*std::max_element(greatest, greatest + cell), *std::min_element(below_least, below_least + cell)};
    }
};

BFL_INLINE Magnitudes measure(const Vectors& vectors) {
    Columns columns;
    for (int v = 0; v < vectors.count; ++v) {
        for (int at = 0; at < block; at += cell) {
            columns.take<1>(vectors.x + v, at);
        }
    }
    return columns.all();
}

/** Adds one cell of the vectors. Products are exact, so fused operations give the same bits. */
template <int Count, bool Fused>
BFL_INLINE void deposit(double* __restrict highs, double* __restrict lows, const float* const* x, const double* weights,
                        int at) {
    for (int i = 0; i < cell; ++i) {
        double high = highs[i];
        double low = lows[i];
        for (int v = 0; v < Count; ++v) {
            const double value = x[v][at + i];
            const double before = high;
            if constexpr (Fused) {
                high = __builtin_fma(weights[v], value, before);
                low += __builtin_fma(weights[v], value, -(high - before));
            } else {
                const double product = weights[v] * value;
                high = before + product;
                low += product - (high - before);
            }
        }
        const double carried = high + low;
        highs[i] = carried;
        lows[i] = low - (carried - high);
    }
}

template <int Count, bool Fused, bool Next>
BFL_INLINE void deposit(Sums& sums, const Vectors& vectors, Magnitudes* next) {
    const float* x[Count];
    double weights[Count];
    std::copy_n(vectors.x, Count, x);
    std::copy_n(vectors.weights, Count, weights);
    Columns columns;
    for (int c = 0; c < block / cell; ++c) {
        prefetch<sizeof(Cell)>(sums.cells + c + cells_ahead);
        if constexpr (Next) {
            columns.take<Count>(x, block + c * cell);
        }
        deposit<Count, Fused>(sums.cells[c].high, sums.cells[c].low, x, weights, c * cell);
    }
    if constexpr (Next) {
        *next = columns.all();
    }
}

template <bool Fused, int Count = bfl::most_vectors>
BFL_INLINE void deposit(Sums& sums, const Vectors& vectors, Magnitudes* next) {
    if constexpr (Count > 0) {
        if (vectors.count < Count) {
            deposit<Fused, Count - 1>(sums, vectors, next);
        } else if (next == nullptr) {
            deposit<Count, Fused, false>(sums, vectors, next);
        } else {
            deposit<Count, Fused, true>(sums, vectors, next);
        }
    }
}

BFL_INLINE void divide(float* __restrict out, const Sums& sums, double anchor, double divisor) {
    for (int c = 0; c < block / cell; ++c) {
        for (int i = 0; i < cell; ++i) {
            const double sum = (sums.cells[c].high[i] - anchor) + sums.cells[c].low[i];
            out[c * cell + i] = static_cast<float>(sum / divisor);
        }
    }
}

// The same loops for each width, vectorised by the compiler.
#define BFL_KERNELS(width, fused, attributes)                                                                  \
    attributes Magnitudes measure_##width(const Vectors& vectors) { return measure(vectors); }                 \
    attributes void deposit_##width(Sums& sums, const Vectors& vectors, Magnitudes* next) {                    \
        deposit<fused>(sums, vectors, next);                                                                   \
    }                                                                                                          \
    attributes void divide_##width(float* out, const Sums& sums, double anchor, double divisor) {              \
        divide(out, sums, anchor, divisor);                                                                    \
    }

BFL_KERNELS(sse2, false, )
BFL_KERNELS(avx2, true, __attribute__((target("avx2,fma"))))
BFL_KERNELS(avx512, true, __attribute__((target("avx512f,fma"))))

}  // namespace

const bfl::ExactKernels* bfl::exact_kernel_table() noexcept {
    static const bool fma = __builtin_cpu_supports("fma") != 0;
    static const ExactKernels table[exact_kernel_widths] = {
        {"avx512f", fma && __builtin_cpu_supports("avx512f") != 0, measure_avx512, deposit_avx512, divide_avx512},
        {"avx2", fma && __builtin_cpu_supports("avx2") != 0, measure_avx2, deposit_avx2, divide_avx2},
        {"sse2", true, measure_sse2, deposit_sse2, divide_sse2},
    };
    return table;
}
