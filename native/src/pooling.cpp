#include "pooling.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "address.h"
#include "blazefl4j.h"
#include "kernels.h"

namespace {

constexpr std::int64_t most_at_a_time = 128;  // windows whose maxima stay in the first-level cache
constexpr std::int64_t most_in_a_band = 1024;  // elements of half the width, for the same reason

/** The maxima so far of adjacent windows in a row, from window number `first` on. */
struct Best {
    std::int64_t first;
    std::int64_t count;
    float values[most_at_a_time];
    std::int32_t positions[most_at_a_time];
};

/** Starts with the least value at the first element of each window. */
void start(Best& best, const bfl::Windows& windows, std::int64_t row) {
    const std::int64_t y = std::max<std::int64_t>(row * windows.stride - windows.padding, 0);
    for (std::int64_t i = 0; i < best.count; ++i) {
        const std::int64_t x = std::max<std::int64_t>((best.first + i) * windows.stride - windows.padding, 0);
        best.values[i] = -std::numeric_limits<float>::infinity();
        best.positions[i] = static_cast<std::int32_t>(y * windows.width + x);
    }
}

/** Visits column `kernel_x` of all windows in row `y` of the plane, except in the padding. */
void look(const float* plane, const bfl::Windows& windows, std::int64_t y, std::int64_t kernel_x, Best& best) {
    const std::int64_t shift = kernel_x - windows.padding;
    const std::int64_t low = std::max(best.first, shift < 0 ? (-shift + windows.stride - 1) / windows.stride : 0);
    const std::int64_t last = windows.width - 1 - shift;
    const std::int64_t high = std::min(best.first + best.count, last < 0 ? 0 : last / windows.stride + 1);
    for (std::int64_t i = low; i < high; ++i) {
        const std::int64_t position = y * windows.width + i * windows.stride + shift;
        const float value = plane[position];
        float& best_value = best.values[i - best.first];
        std::int32_t& best_position = best.positions[i - best.first];
        const bool greater = (value > best_value) | (value != value);
        best_value = greater ? value : best_value;
        best_position = greater ? static_cast<std::int32_t>(position) : best_position;
    }
}

void find(const float* plane, const bfl::Windows& windows, std::int64_t row, Best& best) {
    start(best, windows, row);
    const std::int64_t top = row * windows.stride - windows.padding;
    const std::int64_t bottom = std::min(top + windows.kernel, windows.height);
    for (std::int64_t y = std::max<std::int64_t>(top, 0); y < bottom; ++y) {
        for (std::int64_t kernel_x = 0; kernel_x < windows.kernel; ++kernel_x) {
            look(plane, windows, y, kernel_x, best);
        }
    }
}

/** Any windows. Not vectorised, because the short rows of most images do not fill vectors, which is slower. */
void any_windows(const float* x, const bfl::Windows& windows, std::int64_t* out) {
    const std::int64_t columns = windows.columns();
    Best best;
    for (std::int64_t plane = 0; plane < windows.planes; ++plane) {
        for (std::int64_t row = 0; row < windows.rows(); ++row) {
            for (best.first = 0; best.first < columns; best.first += most_at_a_time) {
                best.count = std::min(most_at_a_time, columns - best.first);
                find(x + plane * windows.height * windows.width, windows, row, best);
                out = std::copy_n(best.positions, best.count, out);
            }
        }
    }
}

/** The greater of each two neighbours. Branch-free, in one long loop for any width of the image. */
BFL_INLINE void of_columns(const float* __restrict x, std::int32_t position, std::int64_t pairs, float* __restrict values,
                           std::int32_t* __restrict positions) {
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(pairs); ++i) {
        const float left = x[2 * i];
        const float right = x[2 * i + 1];
        const bool second = (right > left) | (right != right);
        values[i] = second ? right : left;
        positions[i] = position + 2 * i + static_cast<std::int32_t>(second);
    }
}

/** The greater of elements `columns` apart. Only every second row of the output is used. */
BFL_INLINE void of_rows(const float* __restrict values, const std::int32_t* __restrict positions, std::int64_t columns,
                        std::int64_t count, std::int32_t* __restrict greatest) {
    for (std::int64_t i = 0; i < count; ++i) {
        const float upper = values[i];
        const float lower = values[i + columns];
        const bool second = (lower > upper) | (lower != lower);
        greatest[i] = second ? positions[i + columns] : positions[i];
    }
}

/** Some rows of adjacent 2 by 2 windows that cover all columns. */
BFL_INLINE void squares(const float* x, std::int32_t position, std::int64_t rows, std::int64_t columns,
                        std::int64_t* out) {
    float values[most_in_a_band];
    std::int32_t positions[most_in_a_band];
    std::int32_t greatest[most_in_a_band];
    of_columns(x, position, 2 * rows * columns, values, positions);
    of_rows(values, positions, columns, (2 * rows - 1) * columns, greatest);
    for (std::int64_t row = 0; row < rows; ++row) {
        std::copy_n(greatest + 2 * row * columns, columns, out + row * columns);
    }
}

BFL_INLINE void squares(const float* x, const bfl::Windows& windows, std::int64_t* out) {
    const std::int64_t columns = windows.columns();
    const std::int64_t band = most_in_a_band / windows.width;
    for (std::int64_t plane = 0; plane < windows.planes; ++plane) {
        const float* const first = x + plane * windows.height * windows.width;
        for (std::int64_t row = 0; row < windows.rows(); row += band) {
            const std::int64_t rows = std::min(band, windows.rows() - row);
            const std::int64_t position = 2 * row * windows.width;
            squares(first + position, static_cast<std::int32_t>(position), rows, columns, out);
            out += rows * columns;
        }
    }
}

// The same loops for each width, vectorised by the compiler.
#define BFL_POOLING(width, attributes)                                                                       \
    attributes void squares_##width(const float* x, const bfl::Windows& windows, std::int64_t* positions) { \
        squares(x, windows, positions);                                                                     \
    }

BFL_POOLING(sse2, )
BFL_POOLING(avx2, __attribute__((target("avx2"))))
BFL_POOLING(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))))

bool fits(const bfl::Windows& windows) noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return windows.planes >= 0 && 0 < windows.height && windows.height <= most && 0 < windows.width &&
           windows.width <= most / windows.height && 0 < windows.kernel && windows.kernel <= most &&
           0 < windows.stride && windows.stride <= most && 0 <= windows.padding &&
           windows.padding <= windows.kernel / 2 && windows.kernel <= windows.height + 2 * windows.padding &&
           windows.kernel <= windows.width + 2 * windows.padding;
}

}  // namespace

bool bfl::are_squares(const Windows& windows) noexcept {
    return windows.kernel == 2 && windows.stride == 2 && windows.padding == 0 && windows.width % 2 == 0 &&
           windows.width <= most_in_a_band;
}

const bfl::PoolingKernel* bfl::pooling_table() noexcept {
    static const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    static const PoolingKernel table[pooling_widths] = {
        {"avx512", avx512, squares_avx512},
        {"avx2", __builtin_cpu_supports("avx2") != 0, squares_avx2},
        {"sse2", true, squares_sse2},
    };
    return table;
}

std::int32_t bfl_max_pool_positions_f32(std::int64_t positions, std::int64_t x, std::int64_t planes, std::int64_t height,
                                        std::int64_t width, std::int64_t kernel, std::int64_t stride,
                                        std::int64_t padding) noexcept {
    const bfl::Windows windows{planes, height, width, kernel, stride, padding};
    if (!fits(windows) || !bfl::usable<std::int64_t>(positions) || !bfl::usable<float>(x)) {
        return -EINVAL;
    }
    const auto find_all = bfl::are_squares(windows) ? bfl::widest(bfl::pooling_table()).squares : any_windows;
    find_all(bfl::at<const float>(x), windows, bfl::at<std::int64_t>(positions));
    return 0;
}
