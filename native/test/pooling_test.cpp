#include "pooling.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

using bfl::Windows;

std::vector<float> planes_of(const Windows& windows, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> values(static_cast<std::size_t>(windows.planes * windows.height * windows.width));
    for (auto& value : values) {
        const auto drawn = random() % 16;  // few values, so that many windows have several greatest
        value = drawn == 0   ? std::numeric_limits<float>::quiet_NaN()
                : drawn == 1 ? -std::numeric_limits<float>::infinity()
                : drawn == 2 ? -0.0F
                             : static_cast<float>(drawn) - 3;
    }
    return values;
}

std::int64_t by_hand(const float* plane, const Windows& windows, std::int64_t row, std::int64_t column) {
    const std::int64_t top = row * windows.stride - windows.padding;
    const std::int64_t left = column * windows.stride - windows.padding;
    std::int64_t found = std::max<std::int64_t>(top, 0) * windows.width + std::max<std::int64_t>(left, 0);
    float greatest = -std::numeric_limits<float>::infinity();
    for (std::int64_t y = std::max<std::int64_t>(top, 0); y < std::min(top + windows.kernel, windows.height); ++y) {
        for (std::int64_t x = std::max<std::int64_t>(left, 0); x < std::min(left + windows.kernel, windows.width); ++x) {
            const float value = plane[y * windows.width + x];
            if (value > greatest || std::isnan(value)) {
                greatest = value;
                found = y * windows.width + x;
            }
        }
    }
    return found;
}

std::vector<std::int64_t> by_hand(const std::vector<float>& x, const Windows& windows) {
    std::vector<std::int64_t> found;
    for (std::int64_t plane = 0; plane < windows.planes; ++plane) {
        for (std::int64_t row = 0; row < windows.rows(); ++row) {
            for (std::int64_t column = 0; column < windows.columns(); ++column) {
                found.push_back(by_hand(x.data() + plane * windows.height * windows.width, windows, row, column));
            }
        }
    }
    return found;
}

std::int32_t call(std::int64_t positions, std::int64_t x, const Windows& windows) {
    return bfl_max_pool_positions_f32(positions, x, windows.planes, windows.height, windows.width, windows.kernel,
                                      windows.stride, windows.padding);
}

void expect_as_by_hand(const Windows& windows) {
    const auto x = planes_of(windows, static_cast<unsigned>(windows.height * 1000 + windows.width));
    const auto expected = by_hand(x, windows);
    std::vector<std::int64_t> found(expected.size(), -1);
    EXPECT_EQ(call(bfl::address_of(found.data()), bfl::address_of(x.data()), windows), 0);
    EXPECT(found == expected);
}

}  // namespace

TEST(finds_the_first_greatest_or_the_last_nan_in_windows_of_any_kind) {
    for (std::int64_t kernel = 1; kernel <= 4; ++kernel) {
        for (std::int64_t stride = 1; stride <= 4; ++stride) {
            for (std::int64_t padding = 0; padding <= kernel / 2; ++padding) {
                for (std::int64_t size = kernel; size <= 19; size += 3) {
                    expect_as_by_hand({3, size, size + 1, kernel, stride, padding});
                }
            }
        }
    }
}

TEST(finds_the_same_in_rows_longer_than_what_is_done_at_a_time) {
    expect_as_by_hand({2, 5, 700, 3, 2, 1});
    expect_as_by_hand({2, 7, 1024, 2, 2, 0});
    expect_as_by_hand({2, 7, 1026, 2, 2, 0});
    expect_as_by_hand({2, 200, 30, 2, 2, 0});
}

TEST(finds_the_same_in_vectors_of_every_width) {
    for (std::int64_t width = 2; width <= 70; width += 2) {
        const Windows windows{3, 9, width, 2, 2, 0};
        EXPECT(bfl::are_squares(windows));
        const auto x = planes_of(windows, static_cast<unsigned>(width));
        const auto expected = by_hand(x, windows);
        for (int i = 0; i < bfl::pooling_widths; ++i) {
            const auto& kernel = bfl::pooling_table()[i];
            if (kernel.supported) {
                std::vector<std::int64_t> found(expected.size(), -1);
                kernel.squares(x.data(), windows, found.data());
                EXPECT(found == expected);
            }
        }
    }
}

TEST(refuses_what_has_no_windows_or_too_many_elements) {
    std::vector<float> x(64);
    std::vector<std::int64_t> found(64, -1);
    const auto out = bfl::address_of(found.data());
    const auto in = bfl::address_of(x.data());
    const Windows refused[] = {
        {-1, 8, 8, 2, 2, 0}, {1, 0, 8, 2, 2, 0},  {1, 8, -8, 2, 2, 0}, {1, 8, 8, 0, 2, 0},       {1, 8, 8, 2, 0, 0},
        {1, 8, 8, 2, 2, -1}, {1, 8, 8, 2, 2, 2},  {1, 8, 8, 9, 2, 0},  {1, 1, 8, 2, 2, 0},       {1, 8, 8, 11, 2, 1},
        {1, 8, 8, std::numeric_limits<std::int64_t>::max(), 2, 0}, {1, 1 << 20, 1 << 20, 2, 2, 0},
    };
    for (const auto& windows : refused) {
        EXPECT_EQ(call(out, in, windows), -EINVAL);
    }
    EXPECT_EQ(call(0, in, {1, 8, 8, 2, 2, 0}), -EINVAL);
    EXPECT_EQ(call(out, in + 1, {1, 8, 8, 2, 2, 0}), -EINVAL);
    EXPECT(std::all_of(found.begin(), found.end(), [](std::int64_t position) { return position == -1; }));
}
