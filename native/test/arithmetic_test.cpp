#include "arithmetic.h"

#include <cerrno>
#include <cstdint>
#include <limits>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

TEST(every_vector_width_finds_the_one_number_that_is_not_finite) {
    const float limits[] = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()};
    constexpr std::uint64_t exponent = 0x7f800000;
    for (int k = 0; k < bfl::kernel_widths; ++k) {
        const bfl::Kernels& kernels = bfl::kernel_table()[k];
        for (const std::size_t count : {1, 7, 16, 33, 4096, 4097, 9000}) {
            std::vector<float> x(count, std::numeric_limits<float>::max());
            x[count / 2] = std::numeric_limits<float>::denorm_min();
            const std::int64_t address = bfl::address_of(x.data());
            const auto elements = static_cast<std::int64_t>(count);
            EXPECT(!kernels.supported || kernels.finite(address, elements, 4, exponent));
            for (const std::size_t at : {std::size_t{0}, count / 3, count - 1}) {
                const float before = x[at];
                x[at] = limits[at % 3];
                EXPECT(!kernels.supported || !kernels.finite(address, elements, 4, exponent));
                x[at] = before;
            }
        }
    }
}

TEST(numbers_of_each_size_are_told_from_infinities_by_their_exponents) {
    const double doubles[] = {std::numeric_limits<double>::max(), -0.0, std::numeric_limits<double>::infinity()};
    const std::uint16_t halves[] = {0x7bff, 0xfbff, 0x7c00};     // largest, its negative, infinity
    const std::uint16_t bfloats[] = {0x7f7f, 0xff7f, 0xffc0};    // largest, its negative, a NaN
    const std::int64_t d = bfl::address_of(doubles);
    const std::int64_t h = bfl::address_of(halves);
    const std::int64_t b = bfl::address_of(bfloats);
    EXPECT_EQ(bfl_is_finite(d, 2, 8, 11), 1);
    EXPECT_EQ(bfl_is_finite(d, 3, 8, 11), 0);
    EXPECT_EQ(bfl_is_finite(h, 2, 2, 5), 1);
    EXPECT_EQ(bfl_is_finite(h, 3, 2, 5), 0);
    EXPECT_EQ(bfl_is_finite(b, 2, 2, 8), 1);
    EXPECT_EQ(bfl_is_finite(b, 3, 2, 8), 0);
    EXPECT_EQ(bfl_is_finite(0, 0, 4, 8), 1);
    EXPECT_EQ(bfl_is_finite(d, -1, 8, 11), -EINVAL);
    EXPECT_EQ(bfl_is_finite(0, 1, 8, 11), -EINVAL);
    EXPECT_EQ(bfl_is_finite(d + 4, 1, 8, 11), -EINVAL);
    EXPECT_EQ(bfl_is_finite(d, 1, 3, 8), -EINVAL);
    EXPECT_EQ(bfl_is_finite(d, 1, 8, 0), -EINVAL);
    EXPECT_EQ(bfl_is_finite(d, 1, 8, 64), -EINVAL);
}

TEST(picks_elements_at_positions) {
    const std::vector<std::int64_t> values = {7, -3, 9};
    const std::int64_t from = bfl::address_of(values.data());
    std::vector<std::int64_t> positions = {2, 0, 0, 1};
    EXPECT_EQ(bfl_pick_i64(from, 3, positions.data(), 4), 0);
    EXPECT(positions == std::vector<std::int64_t>({9, 7, 7, -3}));
    positions = {2, 3};
    EXPECT_EQ(bfl_pick_i64(from, 3, positions.data(), 2), -ERANGE);
    positions[1] = -1;
    EXPECT_EQ(bfl_pick_i64(from, 3, positions.data(), 2), -ERANGE);
    EXPECT_EQ(positions[0], 2);
    EXPECT_EQ(bfl_pick_i64(0, 0, nullptr, 0), 0);
    EXPECT_EQ(bfl_pick_i64(0, 3, positions.data(), 1), -EINVAL);
    EXPECT_EQ(bfl_pick_i64(from + 1, 3, positions.data(), 1), -EINVAL);
    EXPECT_EQ(bfl_pick_i64(from, -1, positions.data(), 1), -EINVAL);
    EXPECT_EQ(bfl_pick_i64(from, 3, nullptr, 1), -EINVAL);
    EXPECT_EQ(bfl_pick_i64(from, 3, positions.data(), -1), -EINVAL);
}
