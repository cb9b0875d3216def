/* Max pooling of the most common kind in vectors, one kernel for each width; tests compare what they find. */
#pragma once

#include <cstdint>

namespace bfl {

/** Planes of floats, one after another, and the square windows that go over each. */
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

/** Whether windows are 2 by 2, side by side, and leave out no column of a plane that is not too wide. */
bool are_squares(const Windows& windows) noexcept;

/** The kernel of one vector width for such windows and whether this processor can run it. */
struct PoolingKernel {
    const char* name;
    bool supported;
    MaxPositions squares;
};

/** All widths, the widest first; the last one runs everywhere. */
constexpr int pooling_widths = 3;
const PoolingKernel* pooling_table() noexcept;

}  // namespace bfl
