/* Vectorised max pooling of the most common kind, a kernel for each vector width. Tests compare their results. */
#pragma once

#include <cstdint>

namespace bfl {

/** Consecutive planes of floats and the square windows over each. */
struct Windows {
    std::int64_t planes;
    std::int64_t height;
    std::int64_t width;
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t padding;

    std::int64_t rows() const noexcept { return windows_in(height); }
    std::int64_t columns() const noexcept { return windows_in(width); }

  private:
    std::int64_t windows_in(std::int64_t size) const noexcept { return (size + 2 * padding - kernel) / stride + 1; }
};

/** Writes the position in its plane of the greatest element of each window. */
using MaxPositions = void (*)(const float* x, const Windows& windows, std::int64_t* positions);

/** Returns whether windows are 2 by 2, adjacent, and cover all columns of a plane that is not too wide. */
bool are_squares(const Windows& windows) noexcept;

/** The kernel for such windows of one vector width, and whether this processor can run it. */
struct PoolingKernel {
    const char* name;
    bool supported;
    MaxPositions squares;
};

/** All widths, widest first. The last one runs on every processor. */
constexpr int pooling_widths = 3;
const PoolingKernel* pooling_table() noexcept;

}  // namespace bfl
