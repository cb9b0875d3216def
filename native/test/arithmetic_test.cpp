#include "arithmetic.h"

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

std::vector<float> any_floats(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> values(count);
    for (auto& value : values) {
        const std::uint32_t bits = random();
        std::memcpy(&value, &bits, sizeof value);  // infinities, NaNs and subnormals too
    }
    return values;
}

void fold_by_hand(std::vector<double>& acc, const std::vector<float>& x, double weight) {
    for (std::size_t i = 0; i < acc.size(); ++i) {
        volatile double product = weight * static_cast<double>(x[i]);  // volatile: rounded on its own
        acc[i] = acc[i] + product;
    }
}

bool same_bits(const std::vector<double>& one, const std::vector<double>& other) {
    for (std::size_t i = 0; i < one.size(); ++i) {
        const bool both_nan = std::isnan(one[i]) && std::isnan(other[i]);  // which NaN is the processor's choice
        if (!both_nan && std::memcmp(&one[i], &other[i], sizeof(double)) != 0) {
            return false;
        }
    }
    return true;
}

std::int32_t fold(std::vector<double>& acc, const std::vector<float>& x, double weight, std::size_t from, std::size_t to) {
    return bfl_fold_f32(bfl::address_of(acc.data() + from), bfl::address_of(x.data() + from), weight,
                        static_cast<std::int64_t>(to - from));
}

}  // namespace

TEST(every_vector_width_gives_the_bits_of_the_plain_sum) {
    int ran = 0;
    for (int k = 0; k < bfl::fold_kernels; ++k) {
        const bfl::FoldKernel& kernel = bfl::fold_kernel_table()[k];
        std::printf("  %s: %s\n", kernel.name, kernel.supported ? "ran" : "not on this processor");
        if (!kernel.supported) {
            continue;
        }
        ++ran;
        for (const std::size_t count : {1, 2, 3, 7, 8, 15, 16, 17, 31, 64, 1000, 1027}) {
            std::vector<double> acc(count, 0.0);
            std::vector<double> expected(count, 0.0);
            for (unsigned client = 0; client < 5; ++client) {
                const auto x = any_floats(count, client);
                const double weight = client % 2 == 0 ? 500.0 + client : 0.1 * (client + 1);  // exact products and not
                kernel.fold(acc.data(), x.data(), weight, static_cast<std::int64_t>(count));
                fold_by_hand(expected, x, weight);
            }
            EXPECT(same_bits(acc, expected));
        }
    }
    EXPECT(ran >= 1);
}

TEST(a_split_range_gives_the_same_bits) {
    constexpr std::size_t count = 1001;
    std::vector<double> whole(count, 1.0);
    std::vector<double> split(count, 1.0);
    for (unsigned client = 0; client < 4; ++client) {
        const auto x = any_floats(count, client);
        EXPECT_EQ(fold(whole, x, 3.0, 0, count), 0);
        EXPECT_EQ(fold(split, x, 3.0, 333, count), 0);
        EXPECT_EQ(fold(split, x, 3.0, 0, 333), 0);
    }
    EXPECT(same_bits(whole, split));
}

TEST(a_float_times_a_weight_below_2_to_the_29_is_exact) {
    std::vector<float> x = any_floats(1000, 9);
    std::vector<double> acc(x.size(), 0.0);
    const double weight = (1 << 29) - 1;
    EXPECT_EQ(fold(acc, x, weight, 0, x.size()), 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::isfinite(x[i])) {
            EXPECT(static_cast<long double>(acc[i]) == static_cast<long double>(x[i]) * static_cast<long double>(weight));
        }
    }
}

TEST(a_quotient_is_rounded_once) {
    const std::vector<double> acc = {1.0, -2.0, 0.0, 1e300, std::numeric_limits<double>::infinity()};
    std::vector<float> out(acc.size(), -1.0f);
    EXPECT_EQ(bfl_divide_f32(bfl::address_of(out.data()), bfl::address_of(acc.data()), 3.0,
                             static_cast<std::int64_t>(acc.size())),
              0);
    for (std::size_t i = 0; i < acc.size(); ++i) {
        EXPECT_EQ(out[i], static_cast<float>(acc[i] / 3.0));
    }
}

TEST(wrong_arguments_are_refused_and_nothing_is_written) {
    alignas(8) double acc[2] = {1, 1};
    alignas(8) float x[4] = {2, 2, 2, 2};
    const std::int64_t a = bfl::address_of(acc);
    const std::int64_t f = bfl::address_of(x);
    EXPECT_EQ(bfl_fold_f32(0, f, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a + 4, f, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, 0, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, f + 2, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, f, 1, -1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(0, a, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f + 1, a, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, 0, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, a + 4, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, a, 1, -1), -EINVAL);
    EXPECT_EQ(acc[0], 1.0);
    EXPECT_EQ(x[0], 2.0f);
    EXPECT_EQ(bfl_fold_f32(0, 0, 1, 0), 0);
    EXPECT_EQ(bfl_divide_f32(0, 0, 1, 0), 0);
}
