// Runs on a device, too: there is nothing here of the runtime without one.

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "blazefl4j.h"
#include "clients.h"
#include "device.h"
#include "expect.h"

namespace {

using clients::Client;
using clients::Random;
using clients::same_bits;

std::int64_t size_of(const std::vector<Client>& clients) { return static_cast<std::int64_t>(clients[0].values.size()); }

std::vector<double> weights_of(const std::vector<Client>& clients) {
    std::vector<double> weights;
    for (const Client& client : clients) {
        weights.push_back(client.weight);
    }
    return weights;
}

/** A sum on the processor. */
class HostSum {
  public:
    explicit HostSum(const std::vector<Client>& clients)
        : elements_(size_of(clients)), sum_(bfl_exact_sum_create(elements_)) {
        std::vector<std::int64_t> x;
        for (const Client& client : clients) {
            x.push_back(bfl::address_of(client.values.data()));
        }
        const std::vector<double> weights = weights_of(clients);
        EXPECT_EQ(bfl_exact_sum_fold(sum_, x.data(), weights.data(), static_cast<int>(x.size()), 0, elements_), 0);
    }
    ~HostSum() { bfl_exact_sum_free(sum_); }
    HostSum(const HostSum&) = delete;
    HostSum& operator=(const HostSum&) = delete;

    std::vector<float> divided_by(double divisor) const {
        std::vector<float> out(static_cast<std::size_t>(elements_));
        EXPECT_EQ(bfl_exact_sum_divide(sum_, bfl::address_of(out.data()), divisor, 0, elements_), 0);
        return out;
    }

    std::vector<double> part(int number) const {
        std::vector<double> out(static_cast<std::size_t>(elements_));
        EXPECT(bfl_exact_sum_part(sum_, number, bfl::address_of(out.data()), 0, elements_) >= 0);
        return out;
    }

  private:
    const std::int64_t elements_;
    const std::int64_t sum_;
};

/** A sum on the device; its vectors stay until it goes. */
class DeviceSum {
  public:
    explicit DeviceSum(std::int64_t elements)
        : elements_(elements), memory_(static_cast<std::size_t>(bfl_cuda_sum_bytes(elements))) {
        EXPECT_EQ(bfl_cuda_sum_clear(memory_.address(), elements_, stream_.address()), 0);
    }

    void fold(const std::vector<Client>& clients, std::int64_t from, std::int64_t to) {
        std::vector<float> values;
        for (const Client& client : clients) {
            values.insert(values.end(), client.values.begin(), client.values.end());
        }
        vectors_.emplace_back(values);
        std::vector<std::int64_t> x;
        for (std::size_t c = 0; c < clients.size(); ++c) {
            x.push_back(vectors_.back().address() + static_cast<std::int64_t>(c * sizeof(float)) * elements_);
        }
        const std::vector<double> weights = weights_of(clients);
        EXPECT_EQ(bfl_cuda_sum_fold(memory_.address(), elements_, x.data(), weights.data(), static_cast<int>(x.size()),
                                    from, to, stream_.address()),
                  0);
    }

    std::vector<float> divided_by(double divisor) const {
        const device::Memory<float> out(static_cast<std::size_t>(elements_));
        EXPECT_EQ(bfl_cuda_sum_divide(memory_.address(), elements_, out.address(), divisor, 0, elements_,
                                      stream_.address()),
                  0);
        stream_.finish();
        return out.numbers();
    }

    std::vector<double> part(int number) const {
        const device::Memory<double> out(static_cast<std::size_t>(elements_));
        EXPECT_EQ(bfl_cuda_sum_part(memory_.address(), elements_, number, out.address(), 0, elements_,
                                    stream_.address()),
                  0);
        stream_.finish();
        return out.numbers();
    }

  private:
    const std::int64_t elements_;
    const device::Stream stream_;
    const device::Memory<unsigned char> memory_;
    std::vector<device::Memory<float>> vectors_;
};

void expect_bits_of_the_processor(const DeviceSum& sum, const std::vector<Client>& clients, double divisor) {
    const HostSum expected(clients);
    for (int number = 0; number < 12; ++number) {  // ten hold any sum
        EXPECT(same_bits(sum.part(number), expected.part(number)));
    }
    EXPECT(same_bits(sum.divided_by(divisor), expected.divided_by(divisor)));
}

void expect_same_bits(const std::vector<Client>& clients) {
    const std::vector<double> weights = weights_of(clients);
    DeviceSum sum(size_of(clients));
    sum.fold(clients, 0, size_of(clients));
    expect_bits_of_the_processor(sum, clients, std::accumulate(weights.begin(), weights.end(), 0.0));
}

std::vector<Client> clients_with(const std::vector<std::vector<float>>& values, double weight) {
    std::vector<Client> clients;
    for (const std::vector<float>& each : values) {
        clients.push_back({each, weight});
    }
    return clients;
}

}  // namespace

TEST(any_numbers_and_weights_give_the_bits_of_the_processor) {
    Random random(1);
    for (int run = 0; run < 40; ++run) {
        expect_same_bits(clients::clients_of(random, 1 + random.below(20), 1 + random.below(600)));
    }
}

TEST(more_vectors_than_one_launch_takes_give_the_bits_of_the_processor) {
    Random random(2);
    for (const std::size_t count : {127, 128, 129, 300}) {
        expect_same_bits(clients::clients_of(random, count, 70));
    }
}

TEST(neither_order_nor_batches_nor_ranges_change_a_bit) {
    Random random(3);
    for (int run = 0; run < 30; ++run) {
        std::vector<Client> all = clients::clients_of(random, 2 + random.below(30), 2 + random.below(700));
        const std::int64_t elements = size_of(all);
        DeviceSum sum(elements);
        random.shuffle(all);
        for (std::size_t first = 0; first < all.size();) {
            const std::size_t last = std::min<std::size_t>(all.size(), first + 1 + random.below(12));
            const std::vector<Client> batch(all.begin() + static_cast<std::ptrdiff_t>(first),
                                            all.begin() + static_cast<std::ptrdiff_t>(last));
            const auto middle = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(elements) + 1));
            sum.fold(batch, middle, elements);
            sum.fold(batch, 0, middle);
            first = last;
        }
        random.shuffle(all);
        expect_bits_of_the_processor(sum, all, 3);
    }
}

TEST(numbers_too_different_for_two_doubles_are_held_exactly) {
    const float least = std::numeric_limits<float>::denorm_min();
    for (const double weight : {0x1p-64, 1.0, 0x1.fffffffffffffp-64, 0x1.fffffffffffffp62}) {
        const std::vector<Client> once = clients_with({{clients::largest, 1, clients::largest, least},
                                                    {least, 0x1.000002p-60f, -least, -least},
                                                    {1, 0x1.fffffep-120f, 1, 0},
                                                    {-clients::largest, -1, 1e-20f, -0.0f}},
                                                   weight);
        std::vector<Client> often;
        for (int times = 0; times < 6; ++times) {
            often.insert(often.end(), once.begin(), once.end());
        }
        expect_same_bits(once);
        expect_same_bits(often);
    }
}

TEST(numbers_that_are_not_finite_give_what_the_standard_says) {
    const float infinity = clients::infinity;
    const auto signaling = clients::bits_as<float>(std::uint32_t{0xff800001});
    expect_same_bits(clients_with({{1, infinity, infinity, -infinity, signaling, 1, clients::largest},
                                   {infinity, 2, -infinity, -infinity, 1, clients::quiet_nan, infinity},
                                   {3, 4, 5, infinity - infinity, infinity, -infinity, -clients::largest}},
                                  3));
    std::vector<Client> clients = clients_with(std::vector<std::vector<float>>(20, {1, 1e-30f, 0}), 0.1);
    clients[3].values = {infinity, -infinity, clients::quiet_nan};
    clients[19].values = {infinity, infinity, 1};
    expect_same_bits(clients);
    DeviceSum one_by_one(3);
    for (const Client& client : clients) {
        one_by_one.fold({client}, 0, 3);
    }
    expect_bits_of_the_processor(one_by_one, clients, 2);
}

TEST(an_empty_sum_is_zero_whatever_was_there) {
    const DeviceSum sum(33);
    EXPECT(same_bits(sum.part(0), std::vector<double>(33)));
    EXPECT(same_bits(sum.part(1), std::vector<double>(33)));
    EXPECT(same_bits(sum.divided_by(7), std::vector<float>(33)));
}

TEST(sums_of_exact_opposites_are_positive_zeros) {
    expect_same_bits(clients_with({{1, -0.0f, clients::largest}, {-1, -0.0f, -clients::largest}}, 2));
}

TEST(calls_with_wrong_arguments_are_refused) {
    const device::Memory<double> memory(static_cast<std::size_t>(bfl_cuda_sum_bytes(5)) / sizeof(double) + 1);
    const device::Memory<float> vector(std::vector<float>(5));
    const std::int64_t sum = memory.address();
    const std::int64_t x[] = {vector.address(), vector.address() + 2};
    const double weights[] = {1, std::nan("")};
    EXPECT_EQ(bfl_cuda_sum_bytes(-1), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_bytes(std::numeric_limits<std::int64_t>::max()), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_bytes(0), 0);
    EXPECT_EQ(bfl_cuda_sum_bytes(1000), 1000 * 81 + 24);
    for (const std::int64_t wrong : {std::int64_t{0}, sum + 4}) {
        EXPECT_EQ(bfl_cuda_sum_clear(wrong, 5, 0), -EINVAL);
        EXPECT_EQ(bfl_cuda_sum_fold(wrong, 5, x, weights, 1, 0, 5, 0), -EINVAL);
        EXPECT_EQ(bfl_cuda_sum_divide(wrong, 5, x[0], 1, 0, 5, 0), -EINVAL);
        EXPECT_EQ(bfl_cuda_sum_part(wrong, 5, 0, sum, 0, 5, 0), -EINVAL);
    }
    EXPECT_EQ(bfl_cuda_sum_clear(sum, -1, 0), -EINVAL);
    const std::int64_t ranges[][2] = {{-1, 5}, {0, 6}, {3, 2}};
    for (const auto& range : ranges) {
        EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, x, weights, 1, range[0], range[1], 0), -EINVAL);
        EXPECT_EQ(bfl_cuda_sum_divide(sum, 5, x[0], 1, range[0], range[1], 0), -EINVAL);
        EXPECT_EQ(bfl_cuda_sum_part(sum, 5, 0, sum, range[0], range[1], 0), -EINVAL);
    }
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, nullptr, weights, 1, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, x, nullptr, 1, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, x, weights, -1, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, x, weights, 2, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, x, weights + 1, 1, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, x + 1, weights, 1, 0, 5, 0), -EINVAL);
    for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
        EXPECT_EQ(bfl_cuda_sum_divide(sum, 5, x[0], wrong, 0, 5, 0), -EINVAL);
    }
    EXPECT_EQ(bfl_cuda_sum_divide(sum, 5, x[1], 1, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_part(sum, 5, -1, sum, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_part(sum, 5, 0, 0, 0, 5, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_sum_fold(sum, 5, nullptr, nullptr, 0, 0, 5, 0), 0);
    EXPECT_EQ(bfl_cuda_sum_divide(sum, 5, 0, 1, 2, 2, 0), 0);
}
