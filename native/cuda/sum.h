/*
 * Exact sums of weighted floats on a device, a thread for each element.
 *
 * The sum of an element is high + low + rest, exactly. A term p is added to `high`, what that addition rounds off to
 * `low`, and what this one rounds off, which is rare, to `rest`: a fixed-point number that loses nothing. p = w * x is
 * exact, since a weight of more than 29 bits is added as two. So the result is a function of the exact sum, as that of the
 * processor's sums (exact_block.h), and has its bits.
 *
 * A sum of terms that are not all finite is in `high` alone.
 */
#pragma once

#include <cstdint>

#include "address.h"
#include "fixed_point.h"

namespace bfl {

/** Where the numbers of a sum lie. */
struct SumCells {
    double* high;
    double* low;
    unsigned char* has_rest;  // whether `rest` is set
    FixedPoint* rest;

    /** Returns the bytes in front of `rest`. If all are 0, the sum is empty. */
    static std::int64_t bytes_to_clear(std::int64_t elements) noexcept {
        constexpr std::int64_t a_line = 32;
        const std::int64_t bytes = elements * static_cast<std::int64_t>(2 * sizeof(double) + sizeof(char));
        return (bytes + a_line - 1) / a_line * a_line;
    }

    static std::int64_t bytes(std::int64_t elements) noexcept {
        return bytes_to_clear(elements) + elements * static_cast<std::int64_t>(sizeof(FixedPoint));
    }

    static SumCells of(std::int64_t address, std::int64_t elements) noexcept {
        auto* const high = at<double>(address);
        return {high, high + elements, reinterpret_cast<unsigned char*>(high + 2 * elements),
                at<FixedPoint>(address + bytes_to_clear(elements))};
    }

    BFL_BOTH void add_to_rest(std::int64_t i, double term) const noexcept {
        if (has_rest[i] == 0) {
            rest[i] = FixedPoint();
            has_rest[i] = 1;
        }
        rest[i].add(term);
    }

    /** Returns the double nearest to the sum if `number` is 0, else that nearest to what parts of lower numbers leave. */
    BFL_BOTH double part(std::int64_t i, int number) const noexcept {
        if (!is_finite(high[i])) {
            return number > 0 ? 0 : high[i];
        }
        if (has_rest[i] == 0 && number == 0) {
            return high[i] + low[i];
        }
        FixedPoint left = has_rest[i] == 0 ? FixedPoint() : rest[i];
        left.add(high[i]);
        left.add(low[i]);
        for (int before = 0; before < number; ++before) {
            left.add(-left.rounded());
        }
        return left.rounded();
    }
};

/** Returns a + b rounded, and what that leaves out, which is a double. If one is not finite, neither is this. */
BFL_BOTH inline double add_exactly(double a, double b, double& lost) noexcept {
    const double sum = a + b;
    const double of_b = sum - a;
    lost = (a - (sum - of_b)) + (b - of_b);
    return sum;
}

/** Adds weighted vectors. */
struct FoldVectors {
    static constexpr int most_vectors = 128;
    static constexpr int at_once = 8;  // whose floats are fetched together

    SumCells sum;
    int count = 0;
    const float* x[most_vectors];
    double weights[most_vectors];

    BFL_BOTH void operator()(std::int64_t i) const noexcept {
        double high = sum.high[i];
        double low = sum.low[i];
        for (int first = 0; first < count; first += at_once) {
            double terms[at_once];
            for (int v = 0; v < at_once; ++v) {
                terms[v] = first + v < count ? term(first + v, i) : 0;
            }
            if (!add(terms, high, low)) {
                add_with_rest(terms, i, high, low);
            }
        }
        double rest;
        const double carried = add_exactly(high, low, rest);
        sum.high[i] = carried;
        sum.low[i] = is_finite(carried) ? rest : 0;
    }

  private:
    BFL_BOTH double term(int v, std::int64_t i) const noexcept {
#ifdef __CUDA_ARCH__
        return weights[v] * static_cast<double>(__ldg(x[v] + i));
#else
        return weights[v] * static_cast<double>(x[v][i]);
#endif
    }

    /** Returns false, and adds nothing, if not all of the sum fits into two doubles or is finite. */
    BFL_BOTH static bool add(const double* terms, double& high, double& low) noexcept {
        double upper = high;
        double lower = low;
        bool complete = true;
        for (int v = 0; v < at_once; ++v) {
            double lost;
            double left;
            upper = add_exactly(upper, terms[v], lost);
            lower = add_exactly(lower, lost, left);
            complete = complete && left == 0;  // of no NaN
        }
        if (complete) {
            high = upper;
            low = lower;
        }
        return complete;
    }

    BFL_BOTH void add_with_rest(const double* terms, std::int64_t i, double& high, double& low) const noexcept {
        for (int v = 0; v < at_once; ++v) {
            if (!is_finite(high) || !is_finite(terms[v])) {
                high = is_finite(high) ? terms[v] : high + terms[v];
                continue;
            }
            double lost;
            double left;
            high = add_exactly(high, terms[v], lost);
            low = add_exactly(low, lost, left);
            if (left != 0) {
                sum.add_to_rest(i, left);
            }
        }
    }
};

/** Divides a sum into floats. NaNs are those of processors. */
struct DivideSum {
    SumCells sum;
    float* out;
    double divisor;

    BFL_BOTH void operator()(std::int64_t i) const noexcept {
        const double value = sum.part(i, 0);
        if (value == value) {
            out[i] = static_cast<float>(value / divisor);
        } else {
            constexpr std::uint32_t quiet_nan = 0x7fc00000;
            std::memcpy(out + i, &quiet_nan, sizeof quiet_nan);
        }
    }
};

/** Writes the part of a number. */
struct SumPart {
    SumCells sum;
    double* out;
    int number;

    BFL_BOTH void operator()(std::int64_t i) const noexcept {
        constexpr std::uint64_t quiet_nan = 0x7ff8000000000000;
        const double value = sum.part(i, number);
        out[i] = value == value ? value : double_of(quiet_nan);
    }
};

}  // namespace bfl
