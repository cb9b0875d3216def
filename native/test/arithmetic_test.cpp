#include "arithmetic.h"

#include <xmmintrin.h>

#include <algorithm>
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

/** Vectors of arbitrary floats and weights. Some of their products are exact, some are not. */
struct Clients {
    std::vector<std::vector<float>> values;
    std::vector<std::int64_t> addresses;
    std::vector<double> weights;

    Clients(int vectors, std::size_t count, std::size_t offset = 0) {
        for (int v = 0; v < vectors; ++v) {
            values.push_back(any_floats(count + offset, static_cast<unsigned>(v)));
            weights.push_back(v % 2 == 0 ? 500.0 + v : 0.1 * (v + 1));
        }
        for (const auto& x : values) {
            addresses.push_back(bfl::address_of(x.data() + offset));
        }
    }

    int size() const { return static_cast<int>(values.size()); }
};

void fold_by_hand(std::vector<double>& acc, const Clients& clients) {
    for (int v = 0; v < clients.size(); ++v) {
        for (std::size_t i = 0; i < acc.size(); ++i) {
            float x;
            std::memcpy(&x, bfl::at<const float>(clients.addresses[v]) + i, sizeof x);
            volatile double product = clients.weights[v] * static_cast<double>(x);  // volatile: rounded on its own
            acc[i] = acc[i] + product;
        }
    }
}

bool same_bits(const std::vector<double>& one, const std::vector<double>& other) {
    for (std::size_t i = 0; i < one.size(); ++i) {
        const bool both_nan = std::isnan(one[i]) && std::isnan(other[i]);  // the bits of a NaN depend on the processor
        if (!both_nan && std::memcmp(&one[i], &other[i], sizeof(double)) != 0) {
            return false;
        }
    }
    return true;
}

std::int32_t fold(std::vector<double>& acc, const Clients& clients, int first, int last, std::size_t from, std::size_t to,
                  bool fresh = false) {
    return bfl_fold_f32(bfl::address_of(acc.data()), clients.addresses.data() + first, clients.weights.data() + first,
                        last - first, static_cast<std::int64_t>(from), static_cast<std::int64_t>(to), fresh);
}

/** Flushes denormal numbers to zero and rounds downwards while it lives. */
class OddArithmetic {
  public:
    OddArithmetic() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040 | 0x2000); }
    ~OddArithmetic() { _mm_setcsr(before_); }

  private:
    const unsigned before_;
};

}  // namespace

TEST(every_vector_width_gives_the_bits_of_the_plain_sum) {
    int ran = 0;
    for (int k = 0; k < bfl::kernel_widths; ++k) {
        const bfl::Kernels& kernels = bfl::kernel_table()[k];
        std::printf("  %s: %s\n", kernels.name, kernels.supported ? "ran" : "not on this processor");
        if (!kernels.supported) {
            continue;
        }
        ++ran;
        for (const std::size_t count : {1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 65, 127, 1000, 1027}) {
            for (const int vectors : {1, 2, 3, 4, 5, 6, 9, 10, 11, 23}) {
                const Clients clients(vectors, count);
                std::vector<double> acc(count, -0.5);
                std::vector<double> expected = acc;
                kernels.fold(acc.data(), clients.addresses.data(), clients.weights.data(), vectors, 0,
                             static_cast<std::int64_t>(count), false);
                fold_by_hand(expected, clients);
                EXPECT(same_bits(acc, expected));
                std::vector<float> mean(count);
                kernels.divide(mean.data(), acc.data(), 3.0, 0, static_cast<std::int64_t>(count));
                for (std::size_t i = 0; i < count; ++i) {
                    EXPECT(std::isnan(acc[i]) || mean[i] == static_cast<float>(acc[i] / 3.0));
                }
            }
        }
    }
    EXPECT(ran >= 1);
}

TEST(any_batches_of_vectors_and_ranges_of_elements_give_the_same_bits) {
    constexpr std::size_t count = 150'001;  // more than two blocks
    constexpr int vectors = 12;
    const Clients clients(vectors, count, 1);  // not aligned for vectors
    std::vector<double> whole(count, 1.0);
    fold_by_hand(whole, clients);
    for (const int batch : {1, 2, 5, 7, 12}) {
        for (const std::size_t range : {std::size_t{33'333}, std::size_t{65'536}, count}) {
            std::vector<double> split(count, 1.0);
            for (int first = 0; first < vectors; first += batch) {
                for (std::size_t from = 0; from < count; from += range) {
                    EXPECT_EQ(fold(split, clients, first, std::min(first + batch, vectors), from,
                                   std::min(from + range, count)),
                              0);
                }
            }
            EXPECT(same_bits(whole, split));
        }
    }
}

TEST(a_fresh_sum_has_the_bits_of_one_that_starts_from_zeros_whatever_was_there) {
    for (const int vectors : {1, 5, 6, 13}) {
        Clients clients(vectors, 1027);
        for (auto& x : clients.values) {
            x[5] = -0.0f;  // zero plus minus zero is zero
        }
        std::vector<double> zeros(1027, 0.0);
        std::vector<double> fresh(1027, std::numeric_limits<double>::quiet_NaN());
        EXPECT_EQ(fold(zeros, clients, 0, vectors, 0, 1027), 0);
        EXPECT_EQ(fold(fresh, clients, 0, vectors, 0, 1027, true), 0);
        EXPECT(same_bits(zeros, fresh));
        EXPECT(!std::signbit(fresh[5]));
    }
}

TEST(only_the_range_is_written) {
    const Clients clients(6, 200);
    std::vector<double> acc(200, 7.0);
    std::vector<float> out(200, 7.0f);
    EXPECT_EQ(fold(acc, clients, 0, 6, 50, 150, true), 0);
    EXPECT_EQ(bfl_divide_f32(bfl::address_of(out.data()), bfl::address_of(acc.data()), 2.0, 50, 150), 0);
    for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_EQ(acc[i] == 7.0, i < 50 || i >= 150);
        EXPECT_EQ(out[i] == 7.0f, i < 50 || i >= 150);
    }
}

TEST(rounding_and_denormals_that_the_thread_has_set_change_no_bit_and_stay_set) {
    Clients clients(3, 100);
    for (auto& x : clients.values) {
        x[0] = std::numeric_limits<float>::denorm_min();
        x[1] = 0.1f;
    }
    std::vector<double> expected(100, 0.0);
    fold_by_hand(expected, clients);
    const double divisor = 3e4;
    std::vector<double> acc(100);
    std::vector<float> mean(100);
    {
        const OddArithmetic odd;
        const unsigned set = _mm_getcsr();
        EXPECT_EQ(fold(acc, clients, 0, 3, 0, 100, true), 0);
        EXPECT_EQ(bfl_divide_f32(bfl::address_of(mean.data()), bfl::address_of(acc.data()), divisor, 0, 100), 0);
        EXPECT_EQ(_mm_getcsr() & 0xffc0, set & 0xffc0);
    }
    EXPECT(acc[0] > 0);
    EXPECT(same_bits(acc, expected));
    EXPECT_EQ(mean[1], static_cast<float>(acc[1] / divisor));
}

TEST(a_float_times_a_weight_below_2_to_the_29_is_exact) {
    Clients clients(1, 1000);
    std::vector<double> acc(1000, 0.0);
    const double weight = (1 << 29) - 1;
    clients.weights[0] = weight;
    EXPECT_EQ(fold(acc, clients, 0, 1, 0, 1000), 0);
    for (std::size_t i = 0; i < acc.size(); ++i) {
        const float x = clients.values[0][i];
        if (std::isfinite(x)) {
            EXPECT(static_cast<long double>(acc[i]) == static_cast<long double>(x) * static_cast<long double>(weight));
        }
    }
}

TEST(a_quotient_is_rounded_once) {
    const std::vector<double> acc = {1.0, -2.0, 0.0, 1e300, std::numeric_limits<double>::infinity()};
    std::vector<float> out(acc.size(), -1.0f);
    EXPECT_EQ(bfl_divide_f32(bfl::address_of(out.data()), bfl::address_of(acc.data()), 3.0, 0,
                             static_cast<std::int64_t>(acc.size())),
              0);
    for (std::size_t i = 0; i < acc.size(); ++i) {
        EXPECT_EQ(out[i], static_cast<float>(acc[i] / 3.0));
    }
}

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

TEST(wrong_arguments_are_refused_and_nothing_is_written) {
    alignas(8) double acc[2] = {1, 1};
    alignas(8) float x[4] = {2, 2, 2, 2};
    const std::int64_t a = bfl::address_of(acc);
    const std::int64_t f = bfl::address_of(x);
    const std::int64_t good[2] = {f, f};
    const std::int64_t null[2] = {f, 0};
    const std::int64_t misaligned[2] = {f, f + 2};
    const double weights[2] = {1, 1};
    EXPECT_EQ(bfl_fold_f32(0, good, weights, 2, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a + 4, good, weights, 2, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, null, weights, 2, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, misaligned, weights, 2, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, nullptr, weights, 2, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, good, nullptr, 2, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, good, weights, -1, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, good, weights, 2, -1, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_fold_f32(a, good, weights, 2, 1, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(0, a, 1, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f + 1, a, 1, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, 0, 1, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, a + 4, 1, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, a, 1, -1, 1), -EINVAL);
    EXPECT_EQ(bfl_divide_f32(f, a, 1, 1, 0), -EINVAL);
    EXPECT_EQ(acc[0], 1.0);
    EXPECT_EQ(x[0], 2.0f);
    EXPECT_EQ(bfl_fold_f32(0, nullptr, nullptr, 2, 1, 1, 0), 0);
    EXPECT_EQ(bfl_fold_f32(0, nullptr, nullptr, 0, 0, 1, 0), 0);
    EXPECT_EQ(bfl_divide_f32(0, 0, 1, 0, 0), 0);
}
