/*
 * Vectors of floats, for the width that the including file is compiled for: its compiler options decide.
 *
 * All is in an unnamed namespace, so that each width has its own code and the linker never takes that of a wider one.
 * Products and sums are fused where the code says so and nowhere else: so all widths give the same bits.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "../src/kernels.h"
#include "shapes.h"

#if defined(__clang__)
#define BFL_UNROLL(times) _Pragma("unroll")
#else
#define BFL_DO_PRAGMA(text) _Pragma(#text)
#define BFL_UNROLL(times) BFL_DO_PRAGMA(GCC unroll times)
#endif

/* Compiled apart from its callers, which leaves all vector registers to it. */
#define BFL_APART __attribute__((noinline))

namespace bfl::step {
namespace {

typedef float Floats4 __attribute__((vector_size(16), may_alias));
typedef float Floats8 __attribute__((vector_size(32), may_alias));
typedef float Loose4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef float Loose8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef std::int32_t Ints4 __attribute__((vector_size(16), may_alias));
typedef std::int32_t Ints8 __attribute__((vector_size(32), may_alias));
typedef std::uint32_t Bits4 __attribute__((vector_size(16), may_alias));
typedef std::uint32_t Bits8 __attribute__((vector_size(32), may_alias));
#if defined(__AVX512F__)
typedef float Floats16 __attribute__((vector_size(64), may_alias));
typedef float Loose16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef std::int32_t Ints16 __attribute__((vector_size(64), may_alias));
typedef std::uint32_t Bits16 __attribute__((vector_size(64), may_alias));
#endif

template <int Lanes>
struct Vector;

template <>
struct Vector<4> {
    using Floats = Floats4;
    using Loose = Loose4;
    using Ints = Ints4;
    using Bits = Bits4;

    static BFL_INLINE Floats fused(Floats a, Floats b, Floats c) {
#if defined(__FMA__)
        return (Floats)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
#else
        Floats result;
        for (int i = 0; i < 4; ++i) {
            result[i] = __builtin_fmaf(a[i], b[i], c[i]);
        }
        return result;
#endif
    }
};

template <>
struct Vector<8> {
    using Floats = Floats8;
    using Loose = Loose8;
    using Ints = Ints8;
    using Bits = Bits8;

#if defined(__AVX2__)
    static BFL_INLINE Floats fused(Floats a, Floats b, Floats c) {
        return (Floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
    }
#endif
};

#if defined(__AVX512F__)
template <>
struct Vector<16> {
    using Floats = Floats16;
    using Loose = Loose16;
    using Ints = Ints16;
    using Bits = Bits16;

    static BFL_INLINE Floats fused(Floats a, Floats b, Floats c) {
        return (Floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
    }
};

constexpr int widest_lanes = 16;
constexpr bool many_registers = true;
#elif defined(__AVX2__)
constexpr int widest_lanes = 8;
constexpr bool many_registers = false;
#else
constexpr int widest_lanes = 4;
constexpr bool many_registers = false;
#endif

template <int Lanes>
using Floats = typename Vector<Lanes>::Floats;

template <int Lanes>
using Ints = typename Vector<Lanes>::Ints;

template <int Lanes>
BFL_INLINE Floats<Lanes> all(float value) {
    return value - Floats<Lanes>{};  // unlike a sum with zeros, this is the value itself, and so no operation
}

/** Loads from within a cell. */
template <int Lanes>
BFL_INLINE Floats<Lanes> load(const float* from) {
    return *reinterpret_cast<const Floats<Lanes>*>(from);
}

template <int Lanes>
BFL_INLINE void store(float* to, Floats<Lanes> value) {
    *reinterpret_cast<Floats<Lanes>*>(to) = value;
}

/** Loads from any place. */
template <int Lanes>
BFL_INLINE Floats<Lanes> load_loose(const float* from) {
    return *reinterpret_cast<const typename Vector<Lanes>::Loose*>(from);
}

template <int Lanes>
BFL_INLINE void store_loose(float* to, Floats<Lanes> value) {
    *reinterpret_cast<typename Vector<Lanes>::Loose*>(to) = value;
}

/** Returns a * b + c, rounded once. */
template <int Lanes>
BFL_INLINE Floats<Lanes> fused(Floats<Lanes> a, Floats<Lanes> b, Floats<Lanes> c) {
    return Vector<Lanes>::fused(a, b, c);
}

/** Returns the lanes that are above zero or not a number: where ReLU and its gradient are open. */
template <int Lanes>
BFL_INLINE Ints<Lanes> open(Floats<Lanes> x) {
    return (Ints<Lanes>)(x > Floats<Lanes>{}) | (Ints<Lanes>)(x != x);
}

/** Returns the lanes of a cell that are not zero, as bits. */
BFL_INLINE unsigned nonzeros(const float* from) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)load<16>(from), _mm512_setzero_ps(), _CMP_NEQ_UQ);
#elif defined(__AVX2__)
    const auto half = [](const float* lanes) {
        return static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps((__m256)load<8>(lanes), _mm256_setzero_ps(), _CMP_NEQ_UQ)));
    };
    return half(from) | half(from + 8) << 8;
#else
    unsigned bits = 0;
    for (int n = 0; n < cell; ++n) {
        bits |= (from[n] != 0 ? 1u : 0u) << n;
    }
    return bits;
#endif
}

#if defined(__clang__) || __GNUC__ >= 12
#define BFL_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define BFL_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Ints8{__VA_ARGS__})
#endif

/** Returns the sums of two cells' lanes that are four apart, which are halved twice: four of each. */
BFL_INLINE Floats8 quarters(const float* from) {
    const Floats8 a = load<8>(from) + load<8>(from + 8);
    const Floats8 b = load<8>(from + cell) + load<8>(from + cell + 8);
    return BFL_SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + BFL_SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}

/** Returns the sums of four cells' lanes, which are halved four times. */
BFL_INLINE Floats4 sums_of_4_cells(const float* from) {
    const Floats8 ab = quarters(from);
    const Floats8 cd = quarters(from + 2 * cell);
    const Floats8 pairs = BFL_SHUFFLE(ab, cd, 0, 1, 4, 5, 8, 9, 12, 13) + BFL_SHUFFLE(ab, cd, 2, 3, 6, 7, 10, 11, 14, 15);
    const Floats8 sums = pairs + BFL_SHUFFLE(pairs, pairs, 1, 0, 3, 2, 5, 4, 7, 6);
    const Floats8 twice = BFL_SHUFFLE(sums, sums, 0, 2, 4, 6, 0, 2, 4, 6);
    Floats4 once;
    std::memcpy(&once, &twice, sizeof once);
    return once;
}

/** Calls `part` with each number of lanes that fits the vectors in turn, until `lanes` are done: part(width, offset). */
template <typename Part>
BFL_INLINE void over_lanes(int lanes, const Part& part) {
    int lane = 0;
    for (; lane + widest_lanes <= lanes; lane += widest_lanes) {
        part(std::integral_constant<int, widest_lanes>{}, lane);
    }
    if constexpr (widest_lanes > 8) {
        if (lane < lanes) {
            part(std::integral_constant<int, 8>{}, lane);
        }
    }
}

template <int Size, int... Others, typename Part>
BFL_INLINE void in_steps(int total, const Part& part, int first = 0);

/** Leaves out sizes that are not below `Size`. */
template <int Size, int Next, int... Others, typename Part>
BFL_INLINE void smaller_steps(int total, const Part& part, int first) {
    if constexpr (Next < Size) {
        in_steps<Next, Others...>(total, part, first);
    } else if constexpr (sizeof...(Others) > 0) {
        smaller_steps<Size, Others...>(total, part, first);
    }
}

/** Calls `part(count, first)` for blocks of the first size, and for what is left in blocks of the smaller ones after it. */
template <int Size, int... Others, typename Part>
BFL_INLINE void in_steps(int total, const Part& part, int first) {
    for (; first + Size <= total; first += Size) {
        part(std::integral_constant<int, Size>{}, first);
    }
    if constexpr (sizeof...(Others) > 0) {
        smaller_steps<Size, Others...>(total, part, first);
    }
}

}  // namespace
}  // namespace bfl::step
