/* Clients with floats and weights of many kinds, for tests of sums. */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace clients {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();
constexpr float denormal = std::numeric_limits<float>::denorm_min();
constexpr float largest = std::numeric_limits<float>::max();

template <typename To, typename From>
To bits_as(From value) {
    To result;
    static_assert(sizeof result == sizeof value);
    std::memcpy(&result, &value, sizeof result);
    return result;
}

class Random {
  public:
    explicit Random(unsigned seed) : engine_(seed) {}

    /** Returns a number below the bound. */
    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

    template <typename T>
    void shuffle(std::vector<T>& values) {
        std::shuffle(values.begin(), values.end(), engine_);
    }

    static constexpr int kinds = 8;

    /** Returns a finite float of some kind. */
    float value(int kind) {
        const auto bits = static_cast<std::uint32_t>(engine_());
        switch (kind) {
            case 0: return normal_(engine_);
            case 1: return below(3) == 0 ? bits_as<float>(bits & 0x80000000) : normal_(engine_);
            case 2: return bits_as<float>((bits >> 23 & 0xff) == 0xff ? bits ^ 0x40000000 : bits);  // any
            case 3: return bits_as<float>((bits & 0x807fffff) | static_cast<std::uint32_t>(100 + below(50)) << 23);
            case 4: return bits_as<float>(bits & 0x800fffff);  // denormal
            case 5: return below(2) == 0 ? 1.0f : -1.0f;
            case 6: return std::ldexp(below(2) == 0 ? 0x1.000002p0f : -1.0f, static_cast<int>(below(90)) - 40);
            default: return below(2) == 0 ? largest : -largest;
        }
    }

    static constexpr int weight_kinds = 6;

    double weight(int kind) {
        switch (kind) {
            case 0: return 500;
            case 1: return static_cast<double>(1 + below(1000));
            case 2: return static_cast<double>(1 + below(std::uint64_t{1} << 31));
            case 3: return static_cast<double>(1 + below(std::uint64_t{1} << 53));
            case 4: return std::ldexp(static_cast<float>(1 + below(1 << 24)), static_cast<int>(below(20)) - 40);
            default: return std::ldexp(weight(3), static_cast<int>(below(60)) - 90);
        }
    }

  private:
    std::mt19937_64 engine_;
    std::normal_distribution<float> normal_{0, 0.05f};
};

struct Client {
    std::vector<float> values;
    double weight;
};

inline std::vector<Client> clients_of(Random& random, std::size_t count, std::size_t elements) {
    const auto kind = static_cast<int>(random.below(Random::kinds + 1));  // the last one mixes all
    const auto weight_kind = static_cast<int>(random.below(Random::weight_kinds));
    std::vector<Client> clients(count);
    for (Client& client : clients) {
        client.values.resize(elements);
        const int of_this = kind == Random::kinds ? static_cast<int>(random.below(Random::kinds)) : kind;
        std::generate(client.values.begin(), client.values.end(), [&] { return random.value(of_this); });
        client.weight = random.weight(weight_kind);
    }
    return clients;
}

template <typename T>
bool same_bits(const std::vector<T>& one, const std::vector<T>& other) {
    return one.size() == other.size() && std::memcmp(one.data(), other.data(), one.size() * sizeof(T)) == 0;
}

}  // namespace clients
