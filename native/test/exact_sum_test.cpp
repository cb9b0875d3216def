#include "exact_sum.h"

#include <xmmintrin.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "clients.h"
#include "expect.h"
#include "fixed_point.h"
#include "kernels.h"

namespace {

using bfl::ExactKernels;
using bfl::ExactSum;
using clients::bits_as;
using clients::Client;
using clients::clients_of;
using clients::denormal;
using clients::infinity;
using clients::largest;
using clients::quiet_nan;
using clients::Random;
using clients::same_bits;

/** An exact sum in digits of 30 bits, which is rounded bit by bit. */
class Reference {
  public:
    void add(double weight, float x) {
        int weight_exponent;
        int exponent;
        const auto weight_mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(weight, &weight_exponent), 53));
        const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(x, &exponent), 24));
        __int128 product = static_cast<__int128>(weight_mantissa) * mantissa;
        const bool negative = product < 0;
        const int shift = weight_exponent - 53 + exponent - 24 + lowest;
        auto rest = static_cast<unsigned __int128>(negative ? -product : product) << shift % digit_bits;
        for (int digit = shift / digit_bits; rest != 0; ++digit, rest >>= digit_bits) {
            const auto part = static_cast<std::int64_t>(rest & (base - 1));
            digits_[digit] += negative ? -part : part;
        }
    }

    double rounded() const {
        std::vector<std::int64_t> digits = digits_;
        carry(digits);
        const bool negative = digits.back() < 0;
        if (negative) {
            std::transform(digits.begin(), digits.end(), digits.begin(), std::negate<>());
            carry(digits);
        }
        const auto bit = [&digits](int i) {
            return i < 0 ? 0 : static_cast<int>(digits[static_cast<std::size_t>(i / digit_bits)] >> i % digit_bits & 1);
        };
        int top = digit_bits * digit_count - 1;
        while (top >= 0 && bit(top) == 0) {
            --top;
        }
        std::int64_t mantissa = 0;
        for (int i = top; i > top - 53; --i) {
            mantissa = 2 * mantissa + bit(i);
        }
        bool beyond_half = mantissa % 2 != 0;
        for (int i = top - 54; i >= 0; --i) {
            beyond_half |= bit(i) != 0;
        }
        mantissa += bit(top - 53) != 0 && beyond_half;
        const double magnitude = std::ldexp(static_cast<double>(mantissa), top - 52 - lowest);
        return negative ? -magnitude : magnitude;
    }

  private:
    static constexpr int lowest = 300;
    static constexpr int digit_bits = 30;
    static constexpr int digit_count = 20;
    static constexpr std::int64_t base = std::int64_t{1} << digit_bits;

    static void carry(std::vector<std::int64_t>& digits) {
        for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
            const std::int64_t over = digits[i] >> digit_bits;
            digits[i] -= over * base;
            digits[i + 1] += over;
        }
    }

    std::vector<std::int64_t> digits_ = std::vector<std::int64_t>(digit_count);
};

std::vector<double> rounded_sums(const std::vector<Client>& clients) {
    std::vector<double> sums;
    for (std::size_t i = 0; i < clients[0].values.size(); ++i) {
        Reference sum;
        for (const Client& client : clients) {
            sum.add(client.weight, client.values[i]);
        }
        sums.push_back(sum.rounded());
    }
    return sums;
}

bool fold(ExactSum& sum, const std::vector<Client>& clients, std::size_t first, std::size_t last) {
    std::vector<std::int64_t> addresses;
    std::vector<double> weights;
    for (std::size_t c = first; c < last; ++c) {
        addresses.push_back(bfl::address_of(clients[c].values.data()));
        weights.push_back(clients[c].weight);
    }
    return sum.fold(addresses.data(), weights.data(), static_cast<std::int32_t>(addresses.size()), 0, sum.elements());
}

std::vector<float> quotients(const ExactSum& sum, double divisor) {
    std::vector<float> out(static_cast<std::size_t>(sum.elements()), quiet_nan);
    sum.divide(out.data(), divisor, 0, sum.elements());
    return out;
}

std::vector<std::vector<double>> parts(const ExactSum& sum) {
    std::vector<std::vector<double>> all;
    bool more = true;
    while (more) {
        all.emplace_back(static_cast<std::size_t>(sum.elements()));
        const auto number = static_cast<int>(all.size()) - 1;
        more = sum.part(all.back().data(), number, 0, sum.elements());
        EXPECT_EQ(sum.part(nullptr, number, 0, sum.elements()), more);
    }
    all.pop_back();
    return all;
}

/** Deals the clients in any order and in batches of any length to some sums, and merges these in any order. */
std::unique_ptr<ExactSum> in_any_order(std::vector<Client> clients, Random& random, const ExactKernels& kernels) {
    const auto elements = static_cast<std::int64_t>(clients[0].values.size());
    random.shuffle(clients);
    std::vector<std::unique_ptr<ExactSum>> sums(1 + random.below(4));
    std::generate(sums.begin(), sums.end(), [&] { return ExactSum::create(elements, kernels); });
    for (std::size_t first = 0; first < clients.size();) {
        const std::size_t last = std::min<std::size_t>(clients.size(), first + 1 + random.below(12));
        EXPECT(fold(*sums[random.below(sums.size())], clients, first, last));
        first = last;
    }
    random.shuffle(sums);
    for (std::size_t other = 1; other < sums.size(); ++other) {
        EXPECT(sums[0]->add(*sums[other], 0, elements));
    }
    return std::move(sums[0]);
}

std::unique_ptr<ExactSum> from_parts(const std::vector<std::vector<double>>& parts, std::int64_t elements,
                                     const ExactKernels& kernels) {
    auto sum = ExactSum::create(elements, kernels);
    for (const auto& part : parts) {
        EXPECT(sum->add(part.data(), 0, elements));
    }
    return sum;
}

template <typename Test>
void for_each_width(Test test) {
    for (int k = 0; k < bfl::exact_kernel_widths; ++k) {
        const ExactKernels& kernels = bfl::exact_kernel_table()[k];
        std::printf("  %s: %s\n", kernels.name, kernels.supported ? "ran" : "not on this processor");
        if (kernels.supported) {
            test(kernels);
        }
    }
}

/** The exact sums of a few numbers, each for one element of its own, by every width. */
void expect_sum(const std::vector<float>& terms, float expected) {
    std::vector<float> sorted = terms;
    std::sort(sorted.begin(), sorted.end(),
              [](float a, float b) { return bits_as<std::uint32_t>(a) < bits_as<std::uint32_t>(b); });
    for (const auto& order : {terms, sorted, std::vector<float>(sorted.rbegin(), sorted.rend())}) {
        for (int k = 0; k < bfl::exact_kernel_widths; ++k) {
            if (bfl::exact_kernel_table()[k].supported) {
                auto sum = ExactSum::create(1, bfl::exact_kernel_table()[k]);
                for (const float term : order) {
                    EXPECT(fold(*sum, {{{term}, 1.0}}, 0, 1));
                }
                const auto restored = from_parts(parts(*sum), 1, bfl::exact_kernel_table()[k]);
                EXPECT_EQ(bits_as<std::uint32_t>(quotients(*sum, 1)[0]), bits_as<std::uint32_t>(expected));
                EXPECT_EQ(bits_as<std::uint32_t>(quotients(*restored, 1)[0]), bits_as<std::uint32_t>(expected));
            }
        }
    }
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

TEST(every_width_rounds_the_exact_sum_once_in_any_order_and_grouping) {
    for_each_width([](const ExactKernels& kernels) {
        Random random(7);
        for (int round = 0; round < 150; ++round) {
            const std::size_t elements = 1 + random.below(round % 8 == 0 ? 1600 : 40);
            const std::vector<Client> clients = clients_of(random, 1 + random.below(30), elements);
            const std::vector<double> expected = rounded_sums(clients);
            std::vector<float> means;
            std::transform(expected.begin(), expected.end(), std::back_inserter(means),
                           [](double sum) { return static_cast<float>(sum / 1234.5); });
            for (int attempt = 0; attempt < 3; ++attempt) {
                const auto sum = in_any_order(clients, random, kernels);
                const auto all = parts(*sum);
                EXPECT(same_bits(quotients(*sum, 1234.5), means));
                EXPECT(all.empty() || same_bits(all[0], expected));
                const auto restored = from_parts(all, sum->elements(), kernels);
                EXPECT(parts(*restored) == all);
                EXPECT(same_bits(quotients(*restored, 1234.5), means));
            }
        }
    });
}

TEST(the_parts_do_not_depend_on_order_and_grouping) {
    Random random(8);
    const ExactKernels& kernels = bfl::exact_kernel_table()[bfl::exact_kernel_widths - 1];
    for (int round = 0; round < 100; ++round) {
        const std::vector<Client> clients = clients_of(random, 1 + random.below(20), 1 + random.below(30));
        const auto expected = parts(*in_any_order(clients, random, kernels));
        EXPECT(parts(*in_any_order(clients, random, kernels)) == expected);
    }
}

TEST(numbers_as_far_apart_as_a_block_can_hold_lose_nothing) {
    constexpr std::size_t count = 60;
    for_each_width([](const ExactKernels& kernels) {
        Random random(12);
        for (int spread = 40; spread < 85; ++spread) {
            std::vector<Client> clients(count);
            for (std::size_t c = 0; c < count; ++c) {
                // The greatest and the least of their binades, all of one sign, whose last bits are set.
                const float x = c % 2 == 0 ? 0x1.fffffep20f : std::ldexp(0x1.000002p0f, 20 - spread);
                clients[c] = {{x, c % 4 < 2 ? x : -x, c % 3 == 0 ? x : 0}, spread % 2 == 0 ? 1.0 : random.weight(1)};
            }
            const std::vector<double> expected = rounded_sums(clients);
            const auto sum = in_any_order(clients, random, kernels);
            EXPECT(same_bits(parts(*sum)[0], expected));
            EXPECT(parts(*from_parts(parts(*sum), 3, kernels)) == parts(*sum));
        }
    });
}

TEST(every_width_finds_the_greatest_and_the_least_that_is_not_zero) {
    for_each_width([](const ExactKernels& kernels) {
        Random random(13);
        for (int round = 0; round < 200; ++round) {
            std::vector<Client> clients = clients_of(random, 1 + random.below(bfl::most_vectors), 2 * bfl::block);
            bfl::Vectors vectors;
            std::uint32_t greatest = 0;
            std::uint32_t least = 0;  // or zero if there is none
            for (Client& client : clients) {
                std::replace_if(
                    client.values.begin(), client.values.end(), [&](float) { return random.below(300) != 0; }, -0.0f);
                vectors.x[vectors.count] = client.values.data();
                vectors.weights[vectors.count++] = 1;
                for (auto x = client.values.begin() + bfl::block; x != client.values.end(); ++x) {
                    const std::uint32_t magnitude = bits_as<std::uint32_t>(*x) & 0x7fffffff;
                    greatest = std::max(greatest, magnitude);
                    least = least == 0 || (magnitude != 0 && magnitude < least) ? magnitude : least;
                }
            }
            bfl::Sums sums = {};
            bfl::Magnitudes next;
            kernels.deposit(sums, vectors, &next);
            std::for_each(vectors.x, vectors.x + vectors.count, [](const float*& x) { x += bfl::block; });
            for (const bfl::Magnitudes& found : {next, kernels.measure(vectors)}) {
                EXPECT_EQ(found.greatest, greatest);
                EXPECT_EQ(found.below_least + 1, least);
            }
        }
    });
}

TEST(many_clients_lose_nothing) {
    Random random(9);
    std::vector<Client> clients(20'000);
    std::vector<Reference> expected(3);
    for (Client& client : clients) {
        client.weight = random.weight(2);
        for (Reference& sum : expected) {
            client.values.push_back(random.value(0));
            sum.add(client.weight, client.values.back());
        }
    }
    for_each_width([&](const ExactKernels& kernels) {
        const auto sum = in_any_order(clients, random, kernels);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_EQ(parts(*sum)[0][i], expected[i].rounded());
        }
    });
}

TEST(long_vectors_in_ranges_and_in_one_piece_give_the_bits_of_single_elements) {
    constexpr std::size_t elements = (1 << 16) + 100;
    Random random(10);
    std::vector<Client> clients(7);
    for (Client& client : clients) {
        client.weight = random.weight(1);
        client.values.resize(elements + 1);
        std::generate(client.values.begin(), client.values.end(), [&random] { return random.value(0); });
        std::fill_n(client.values.begin() + 1024, 2048, 0.0f);
        client.values[20'000] = random.value(2);
    }
    for_each_width([&](const ExactKernels& kernels) {
        const auto whole = ExactSum::create(elements, kernels);
        EXPECT(fold(*whole, clients, 0, clients.size()));
        const auto split = ExactSum::create(elements, kernels);
        for (const Client& client : clients) {
            const std::int64_t address = bfl::address_of(client.values.data());
            for (std::int64_t from = 0; from < split->elements(); from += 5 * bfl::block) {
                EXPECT(split->fold(&address, &client.weight, 1, from, std::min(from + 5 * bfl::block, split->elements())));
            }
        }
        const std::vector<float> mean = quotients(*whole, 3);
        EXPECT(same_bits(quotients(*split, 3), mean));
        for (std::size_t i = 0; i < elements; i += i < 3200 || i + 200 > elements ? 1 : 97) {
            Reference sum;
            std::for_each(clients.begin(), clients.end(), [&](const Client& c) { sum.add(c.weight, c.values[i]); });
            EXPECT_EQ(mean[i], static_cast<float>(sum.rounded() / 3));
        }
    });
}

TEST(sums_of_extremes_are_exact) {
    expect_sum({}, 0.0f);
    expect_sum({-0.0f, -0.0f}, 0.0f);
    expect_sum({1.0f, -1.0f}, 0.0f);
    expect_sum({denormal, -0.0f}, denormal);
    expect_sum({largest, denormal, -largest}, denormal);
    expect_sum({largest, largest, -largest, -largest, 1.0f}, 1.0f);
    expect_sum({largest, largest}, infinity);
    expect_sum({0x1p60f, 1.0f, -0x1p60f, denormal}, 1.0f);
    expect_sum({1.0f, 0x1p-24f}, 1.0f);
    expect_sum({1.0f, 0x1p-24f, 0x1p-70f}, 1.0f);  // the double is half-way between two floats
    expect_sum({0x1.000002p0f, 0x1p-24f}, 0x1.000004p0f);
}

TEST(numbers_that_are_not_finite_give_what_ieee_754_says_and_always_the_same_nan) {
    expect_sum({infinity, -largest, 1.0f}, infinity);
    expect_sum({-infinity, largest, largest}, -infinity);
    expect_sum({infinity, 1.0f, -infinity}, quiet_nan);
    expect_sum({-quiet_nan, 1.0f}, quiet_nan);
    expect_sum({bits_as<float>(0xff812345u), infinity, infinity}, quiet_nan);
    expect_sum({bits_as<float>(0x7fc12345u), bits_as<float>(0xffc54321u)}, quiet_nan);
}

TEST(a_cleared_sum_is_empty) {
    auto sum = ExactSum::create(600, bfl::exact_kernel_table()[bfl::exact_kernel_widths - 1]);
    for (const float first : {1e30f, quiet_nan}) {
        EXPECT(fold(*sum, {{std::vector<float>(600, first), 3.0}}, 0, 1));
        sum->clear();
        EXPECT(parts(*sum).empty());
        EXPECT(fold(*sum, {{std::vector<float>(600, 1e-30f), 3.0}}, 0, 1));
        EXPECT(same_bits(quotients(*sum, 3.0), std::vector<float>(600, 1e-30f)));
        sum->clear();
    }
}

TEST(only_the_range_is_read_and_written) {
    constexpr std::int64_t first = bfl::block;
    constexpr std::int64_t last = 3 * bfl::block;
    auto sum = ExactSum::create(last + 10, bfl::widest(bfl::exact_kernel_table()));
    const std::vector<float> ones(static_cast<std::size_t>(last), 1.0f);
    const std::int64_t address = bfl::address_of(ones.data());
    const double weight = 2;
    EXPECT(sum->fold(&address, &weight, 1, first, last));
    std::vector<float> out(static_cast<std::size_t>(sum->elements()), 7.0f);
    sum->divide(out.data(), 1, first, last);
    EXPECT(std::all_of(out.begin(), out.begin() + first, [](float x) { return x == 7; }));
    EXPECT(std::all_of(out.begin() + first, out.begin() + last, [](float x) { return x == 2; }));
    EXPECT(std::all_of(out.begin() + last, out.end(), [](float x) { return x == 7; }));
    EXPECT_EQ(quotients(*sum, 1)[0], 0.0f);
}

TEST(rounding_and_denormals_that_the_thread_has_set_change_no_bit_and_stay_set) {
    Random random(11);
    const std::vector<Client> clients = clients_of(random, 9, 100);
    const std::vector<double> expected = rounded_sums(clients);
    std::vector<float> out(100);
    const std::int64_t sum = bfl_exact_sum_create(100);
    const std::int64_t other = bfl_exact_sum_create(100);
    {
        const OddArithmetic odd;
        const unsigned set = _mm_getcsr();
        for (const Client& client : clients) {
            const std::int64_t address = bfl::address_of(client.values.data());
            EXPECT_EQ(bfl_exact_sum_fold(other, &address, &client.weight, 1, 0, 100), 0);
            EXPECT_EQ(bfl_exact_sum_merge(sum, other, 0, 100), 0);
            EXPECT_EQ(bfl_exact_sum_clear(other), 0);
        }
        EXPECT_EQ(bfl_exact_sum_divide(sum, bfl::address_of(out.data()), 3e4, 0, 100), 0);
        EXPECT_EQ(_mm_getcsr() & 0xffc0, set & 0xffc0);
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        EXPECT_EQ(out[i], static_cast<float>(expected[i] / 3e4));
    }
    EXPECT_EQ(bfl_exact_sum_free(sum), 0);
    EXPECT_EQ(bfl_exact_sum_free(other), 0);
}

TEST(a_sum_of_no_elements_is_a_sum) {
    const std::int64_t sum = bfl_exact_sum_create(0);
    EXPECT(sum > 0);
    EXPECT_EQ(bfl_exact_sum_fold(sum, nullptr, nullptr, 1, 0, 0), 0);
    EXPECT_EQ(bfl_exact_sum_add(sum, 0, 0, 0), 0);
    EXPECT_EQ(bfl_exact_sum_divide(sum, 0, 1, 0, 0), 0);
    EXPECT_EQ(bfl_exact_sum_part(sum, 0, 0, 0, 0), 0);
    EXPECT_EQ(bfl_exact_sum_free(sum), 0);
}

TEST(wrong_arguments_are_refused_and_nothing_is_added) {
    constexpr std::int64_t elements = 2 * bfl::block + 1;
    const std::int64_t sum = bfl_exact_sum_create(elements);
    const std::int64_t other = bfl_exact_sum_create(elements - 1);
    const std::vector<float> x(elements, 1.0f);
    std::vector<double> terms(elements, 1.0);
    const std::int64_t f = bfl::address_of(x.data());
    const std::int64_t d = bfl::address_of(terms.data());
    const std::int64_t good[2] = {f, f};
    const std::int64_t null[2] = {f, 0};
    const std::int64_t misaligned[2] = {f, f + 2};
    const double weights[2] = {1, 1};
    const auto fold = [&](std::int64_t to_sum, std::int64_t from, std::int64_t to) {
        return bfl_exact_sum_fold(to_sum, good, weights, 2, from, to);
    };
    EXPECT_EQ(bfl_exact_sum_create(-1), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_create(std::numeric_limits<std::int64_t>::max()), -ENOMEM);
    EXPECT_EQ(fold(0, 0, elements), -EINVAL);
    EXPECT_EQ(fold(sum + 1, 0, elements), -EINVAL);
    EXPECT_EQ(fold(sum, -bfl::block, elements), -EINVAL);
    EXPECT_EQ(fold(sum, bfl::block, 0), -EINVAL);
    EXPECT_EQ(fold(sum, 0, elements - 2), -EINVAL);
    EXPECT_EQ(fold(sum, 1, elements), -EINVAL);
    EXPECT_EQ(fold(sum, 0, elements + bfl::block - 1), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_fold(sum, good, weights, -1, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_fold(sum, nullptr, weights, 2, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_fold(sum, good, nullptr, 2, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_fold(sum, null, weights, 2, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_fold(sum, misaligned, weights, 2, 0, elements), -EINVAL);
    for (const double wrong : {0.0, -1.0, 0x1p-65, 0x1.8p63, std::nan(""), HUGE_VAL}) {
        const double with_wrong[2] = {1, wrong};
        EXPECT_EQ(bfl_exact_sum_fold(sum, good, with_wrong, 2, 0, elements), -EINVAL);
    }
    EXPECT_EQ(bfl_exact_sum_merge(sum, sum, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_merge(sum, 0, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_merge(sum, other, 0, 2 * bfl::block), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_add(sum, 0, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_add(sum, d + 4, 0, elements), -EINVAL);
    for (const double wrong : {0x1p-266, 0x1.8p-265, 0x1p230, 5e-324, -1.7e308}) {
        terms[elements - 1] = wrong;
        EXPECT_EQ(bfl_exact_sum_add(sum, d, 0, elements), -EDOM);
    }
    EXPECT_EQ(bfl_exact_sum_divide(sum, 0, 1, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_divide(sum, f + 1, 1, 0, elements), -EINVAL);
    for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
        EXPECT_EQ(bfl_exact_sum_divide(sum, f, wrong, 0, elements), -EINVAL);
    }
    EXPECT_EQ(bfl_exact_sum_part(sum, -1, d, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_part(sum, 0, d + 4, 0, elements), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_free(0), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_clear(sum + 4), -EINVAL);
    EXPECT_EQ(bfl_exact_sum_part(sum, 0, d, 0, elements), 0);
    EXPECT_EQ(bfl_exact_sum_part(sum, 0, 0, 0, elements), 0);
    EXPECT_EQ(bfl_exact_sum_fold(sum, nullptr, nullptr, 0, 0, elements), 0);
    EXPECT_EQ(bfl_exact_sum_free(sum), 0);
    EXPECT_EQ(bfl_exact_sum_free(other), 0);
}

TEST(fixed_point_numbers_round_to_even_and_hold_the_extremes) {
    const auto sum = [](std::initializer_list<double> terms) {
        bfl::FixedPoint result;
        std::for_each(terms.begin(), terms.end(), [&result](double term) { result.add(term); });
        return result.rounded();
    };
    EXPECT_EQ(sum({0x1p53, 1}), 0x1p53);
    EXPECT_EQ(sum({0x1p53, 1, 0x1p-265}), 0x1.0000000000001p53);
    EXPECT_EQ(sum({0x1.0000000000001p53, 1}), 0x1.0000000000002p53);
    EXPECT_EQ(sum({-0x1p53, -1, -0x1p-200}), -0x1.0000000000001p53);
    EXPECT_EQ(sum({0x1p-265}), 0x1p-265);
    EXPECT_EQ(sum({-0x1p-265, 0x1p240, -0x1p240}), -0x1p-265);
    EXPECT_EQ(sum({0x1p245, -0x1p-265, -0x1p245, 0x1p-265}), 0.0);
    EXPECT_EQ(sum({0x1.fffffffffffffp200, 0x1p147}), 0x1p201);
    EXPECT(!std::signbit(sum({-1, 1})));
    EXPECT(bfl::FixedPoint::holds(0x1.fffffffffffffp229) && bfl::FixedPoint::holds(-0x1p-265) && bfl::FixedPoint::holds(0));
    EXPECT(!bfl::FixedPoint::holds(0x1p230) && !bfl::FixedPoint::holds(0x1p-266) && !bfl::FixedPoint::holds(0x1.8p-265));
}
