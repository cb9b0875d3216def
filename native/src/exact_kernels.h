/* The loops of the exact sum over one block, for each vector width. All widths write the same bits. */
#pragma once

#include <cstdint>

namespace bfl {

/** The number of elements with one anchor. With 1 024, a vector's next block would share its cache sets: slower. */
constexpr int block = 512;

/** The number of elements whose sums lie together: a vector register of floats. */
constexpr int cell = 16;

/** The number of vectors that one pass adds. */
constexpr int most_vectors = 6;

/** One block of each of some vectors, with their weights. */
struct Vectors {
    int count = 0;
    const float* x[most_vectors];
    double weights[most_vectors];
};

/** What the magnitudes of floats lie between, as their bits without the sign, whose order is theirs. */
struct Magnitudes {
    std::uint32_t greatest = 0;
    /** Of those that are not zero, the least bits minus 1. */
    std::uint32_t below_least = 0xffffffff;
};

/** The two sums of each element; see exact_block.h. On cache lines of its own. */
struct alignas(64) Cell {
    double high[cell];
    double low[cell];
};

struct Sums {
    Cell cells[block / cell];
};

using Measure = Magnitudes (*)(const Vectors& vectors);

/** Adds the weighted vectors to the sums. If `next` is not null, also measures the vectors' next block. */
using Deposit = void (*)(Sums& sums, const Vectors& vectors, Magnitudes* next);

/** out[i] = (float)(((high[i] - anchor) + low[i]) / divisor) */
using Divide = void (*)(float* out, const Sums& sums, double anchor, double divisor);

/** The loops of one vector width and whether this processor can run them. */
struct ExactKernels {
    const char* name;
    bool supported;
    Measure measure;
    Deposit deposit;
    Divide divide;
};

/** All widths, widest first. The last one runs on every processor. */
constexpr int exact_kernel_widths = 3;
const ExactKernels* exact_kernel_table() noexcept;

}  // namespace bfl
