#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <random>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"
#include "../step/net.h"

namespace {

std::int64_t allocations = 0;

}  // namespace

// Count what vectors and other objects take; nets have their cells from Cells::sized.
void* operator new(std::size_t bytes) {
    ++allocations;
    if (void* memory = std::malloc(bytes)) {
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using Floats = std::vector<float>;
using Numbers = std::vector<std::int64_t>;

constexpr double no_limit = std::numeric_limits<double>::infinity();
const std::vector<double> plain_sgd = {0, 0, 0, 0, 0, 0, 0, no_limit, 0};

std::int64_t address(const void* memory) { return bfl::address_of(memory); }

std::int64_t bits(double value) {
    std::int64_t result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

Numbers convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t padding = 0, std::int64_t bias = 1) {
    return {BFL_LAYER_CONVOLUTION, in, out, kernel, padding, bias};
}
Numbers linear(std::int64_t in, std::int64_t out, std::int64_t bias = 1) {
    return {BFL_LAYER_LINEAR, in, out, 0, 0, bias};
}
Numbers dropout(double probability) { return {BFL_LAYER_DROPOUT, bits(probability), 0, 0, 0, 0}; }
const Numbers relu = {BFL_LAYER_RELU, 0, 0, 0, 0, 0};
const Numbers pool = {BFL_LAYER_MAX_POOL, 0, 0, 0, 0, 0};
const Numbers flatten = {BFL_LAYER_FLATTEN, 0, 0, 0, 0, 0};

struct Shape {
    std::int64_t channels, height, width;
    std::size_t floats() const { return static_cast<std::size_t>(channels * height * width); }
};

std::int64_t create(const std::vector<Numbers>& layers, Shape shape, std::int32_t lanes = 0) {
    Numbers flat;
    for (const Numbers& layer : layers) {
        flat.insert(flat.end(), layer.begin(), layer.end());
    }
    return bfl_net_create(flat.data(), static_cast<std::int32_t>(layers.size()), shape.channels, shape.height, shape.width,
                          lanes);
}

Floats normal(std::size_t count, unsigned seed, float scale) {
    std::mt19937 random(seed);
    std::normal_distribution<float> draw(0, scale);
    Floats values(count);
    for (float& value : values) {
        value = draw(random);
    }
    return values;
}

/** A net, its weights and samples, in memory of the exact size, so that the sanitizer sees each step too far. */
struct Case {
    std::int64_t net;
    Floats weights;
    Floats rows;
    Numbers labels;
    Numbers order;
    std::int64_t seed = 7;
    std::int64_t step = 0;

    Case(const std::vector<Numbers>& layers, Shape shape, std::int64_t images, std::int32_t lanes = 0)
        : net(create(layers, shape, lanes)) {
        EXPECT(net > 0 || net < -4096);
        weights = normal(static_cast<std::size_t>(bfl_net_parameters(net)), 1, 0.2f);
        rows = normal(shape.floats() * static_cast<std::size_t>(images), 2, 1);
        for (std::int64_t i = 0; i < images; ++i) {
            labels.push_back((i * 7 + 1) % bfl_net_outputs(net));
            order.push_back((i * 5 + 3) % images);  // some rows twice if 5 divides their number
        }
    }
    ~Case() { EXPECT_EQ(bfl_net_free(net), 0); }
    Case(const Case&) = delete;

    Numbers samples() const {
        return {address(rows.data()), static_cast<std::int64_t>(labels.size()), address(labels.data()),
                static_cast<std::int64_t>(order.size()), seed, step};
    }
    Floats gradient(bool training = true) const {
        Floats result(weights.size());
        EXPECT_EQ(bfl_net_gradient(net, address(weights.data()), address(result.data()), samples().data(), order.data(),
                                   training), 0);
        return result;
    }
    double loss(std::int64_t* hits = nullptr) const {
        double sums[2] = {0, 0};
        const std::int64_t right = bfl_net_score(net, address(weights.data()), samples().data(), order.data(), sums);
        EXPECT(right >= 0);
        EXPECT(!(sums[1] * static_cast<double>(order.size()) < sums[0] * sums[0] * (1 - 1e-12)));  // NaN may be
        if (hits != nullptr) {
            *hits = right;
        }
        return sums[0] / static_cast<double>(order.size());
    }
    int train(const Numbers& lengths, const std::vector<double>& rates, const std::vector<double>& rule = plain_sgd,
              const Numbers& state = {0, 0, 0, 0, 0}, const Numbers& frozen = {}) {
        return train(weights, weights, lengths, rates, rule, state, frozen);
    }
    int train(const Floats& from, Floats& to, const Numbers& lengths, const std::vector<double>& rates,
              const std::vector<double>& rule, const Numbers& state, const Numbers& frozen) const {
        return bfl_net_train(net, address(from.data()), address(to.data()), samples().data(), order.data(), lengths.data(),
                             rates.data(), static_cast<std::int32_t>(lengths.size()), rule.data(), state.data(),
                             frozen.data(), static_cast<std::int32_t>(frozen.size() / 2));
    }
};

bool same(const Floats& a, const Floats& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Example {
    std::vector<Numbers> layers;
    Shape shape;
};

/** Nets whose layers have every kind of border: odd sizes, paddings, kernels, channels that fill no tile. */
std::vector<Example> examples() {
    return {
        {{flatten, linear(13, 5)}, {1, 1, 13}},
        {{flatten, linear(70, 11), relu, dropout(0.4), linear(11, 3, 0)}, {1, 7, 10}},
        {{convolution(3, 6, 5), pool, relu, convolution(6, 16, 5), pool, relu, flatten, linear(16, 9), relu, linear(9, 10)},
         {3, 16, 16}},
        {{convolution(2, 7, 3, 1, 0), relu, convolution(7, 5, 4, 2), pool, convolution(5, 9, 2), flatten, linear(225, 3),
          linear(3, 7)},
         {2, 12, 11}},
        {{convolution(1, 9, 3, 2), relu, dropout(0.3), convolution(9, 3, 1), pool, dropout(0.2), flatten, linear(27, 4)},
         {1, 5, 5}},
        {{convolution(1, 2, 7, 6), relu, pool, flatten, linear(98, 2)}, {1, 9, 8}},
        {{convolution(2, 3, 3), relu, flatten, linear(6, 2)}, {2, 3, 4}},
        {{convolution(1, 16, 3, 1), relu, convolution(16, 32, 3), relu, pool, dropout(0.2), convolution(32, 16, 2, 1), flatten,
          linear(144, 3)},
         {1, 7, 6}},
        {{convolution(1, 16, 1), relu, dropout(0.3), convolution(16, 64, 3, 1), pool, convolution(64, 48, 1), relu, flatten,
          linear(192, 2)},
         {1, 4, 5}},
        {{convolution(1, 3, 2), relu, dropout(0.5), convolution(3, 2, 3, 2), flatten, linear(60, 2)}, {1, 4, 5}},
        {{flatten, linear(1091, 67), relu, linear(67, 70), relu, linear(70, 3)}, {1, 1, 1091}},
    };
}

TEST(gives_the_same_bits_with_vectors_of_any_width) {
    for (const Example& example : examples()) {
        for (const std::int64_t images : {1, 5, 9, 16, 23, 70}) {
            const Case widest(example.layers, example.shape, images);
            for (const std::int32_t lanes : {8, 4}) {
                const Case narrow(example.layers, example.shape, images, lanes);
                EXPECT(same(widest.gradient(), narrow.gradient()));
                EXPECT_EQ(widest.loss(), narrow.loss());
            }
        }
    }
}

TEST(finds_the_slope_of_the_loss) {
    for (const Example& example : examples()) {
        for (const std::int64_t images : {3, 70}) {
            Case at(example.layers, example.shape, images);
            const Floats gradient = at.gradient(false);
            const Floats before = at.weights;
            const Floats direction = normal(before.size(), 5, 1);
            double expected = 0;
            double ends[2];
            for (int side = 0; side < 2; ++side) {
                for (std::size_t i = 0; i < before.size(); ++i) {
                    at.weights[i] = before[i] + (side == 0 ? -2e-4f : 2e-4f) * direction[i];
                }
                ends[side] = at.loss();
            }
            double length = 0;
            for (std::size_t i = 0; i < before.size(); ++i) {
                expected += static_cast<double>(gradient[i]) * direction[i];
                length += static_cast<double>(gradient[i]) * gradient[i];
            }
            // of a piecewise smooth function, in float32
            EXPECT(std::abs((ends[1] - ends[0]) / 4e-4 - expected) < 0.05 * std::sqrt(length) + 5e-3);
        }
    }
}

TEST(steps_as_the_optimizers_do_with_its_gradients) {
    for (const Example& example : examples()) {
        for (const std::int64_t images : {20, 70}) {
            for (int kind = 0; kind < 5; ++kind) {
                Case at(example.layers, example.shape, images);
                Floats expected = at.weights;
                const auto elements = static_cast<std::int64_t>(expected.size());
                Floats gradient = at.gradient();
                Floats first(expected.size()), second(expected.size()), own_first(first), own_second(second);
                const Floats anchor = normal(expected.size(), 3, 0.1f);
                const Floats constant = normal(expected.size(), 4, 0.1f);
                if (kind == 0) {
                    bfl_sgd_step_f32(address(expected.data()), address(gradient.data()), 0, elements, 1, 0.1, 0, 0, 0, 0);
                    EXPECT_EQ(at.train({images}, {0.1}), 0);
                } else if (kind == 1) {
                    bfl_sgd_step_f32(address(expected.data()), address(gradient.data()), address(first.data()), elements, 1,
                                     0.1, 0.9, 0, 0.01, BFL_NESTEROV | BFL_FIRST);
                    EXPECT_EQ(at.train({images}, {0.1}, {0, 0.9, 0, 0, 0.01, 0, 1, no_limit, 0},
                                       {address(own_first.data()), 0, 0, 0, 0}), 0);
                } else if (kind == 2) {
                    bfl_adam_step_f32(address(expected.data()), address(gradient.data()), address(first.data()),
                                      address(second.data()), elements, 1, 0.1, 0.9, 0.99, 1e-8, 0.01, 4, BFL_DECOUPLED);
                    EXPECT_EQ(at.train({images}, {0.1}, {1, 0.9, 0.99, 1e-8, 0.01, 1, 0, no_limit, 0},
                                       {address(own_first.data()), address(own_second.data()), 3, 0, 0}), 0);
                } else if (kind == 3) {
                    Floats terms(expected.size());
                    bfl_pull_f32(address(terms.data()), address(constant.data()), 0.3, address(expected.data()),
                                 address(anchor.data()), elements);
                    for (std::size_t i = 0; i < terms.size(); ++i) {
                        gradient[i] = terms[i] + gradient[i];
                    }
                    gradient[0] = gradient[1] = 0;
                    bfl_sgd_step_f32(address(expected.data()), address(gradient.data()), 0, elements, 1, 0.1, 0, 0, 0, 0);
                    EXPECT_EQ(at.train({images}, {0.1}, {0, 0, 0, 0, 0, 0, 0, no_limit, 0.3},
                                       {0, 0, 0, address(constant.data()), address(anchor.data())}, {0, 2}), 0);
                } else {
                    EXPECT_EQ(at.train({images}, {0.1}, {0, 0, 0, 0, 0, 0, 0, 1e-3, 0}), 0);
                    double moved = 0;
                    for (std::size_t i = 0; i < expected.size(); ++i) {
                        moved += std::pow(static_cast<double>(at.weights[i]) - expected[i], 2);
                    }
                    EXPECT(std::abs(std::sqrt(moved) - 1e-4) < 2e-6);
                    continue;
                }
                EXPECT(same(at.weights, expected));
                EXPECT(same(own_first, first) && same(own_second, second));
            }
        }
    }
}

TEST(takes_many_steps_as_one_after_another) {
    const Example example = examples()[2];
    Case together(example.layers, example.shape, 40);
    EXPECT_EQ(together.train({16, 16, 8}, {0.1, 0.05, 0.02}), 0);
    Case apart(example.layers, example.shape, 40);
    const Numbers all = apart.order;
    const std::vector<double> rates = {0.1, 0.05, 0.02};
    for (int s = 0; s < 3; ++s) {
        apart.order.assign(all.begin() + 16 * s, s == 2 ? all.end() : all.begin() + 16 * (s + 1));
        apart.step = s;
        EXPECT_EQ(apart.train({static_cast<std::int64_t>(apart.order.size())}, {rates[static_cast<std::size_t>(s)]}), 0);
    }
    EXPECT(same(together.weights, apart.weights));
}

TEST(allocates_nothing_for_a_step) {
    for (const Example& example : examples()) {
        Case all(example.layers, example.shape, 40);
        EXPECT_EQ(all.train({20, 20}, {0.1, 0.1}), 0);
        const Numbers one = {20};
        const Numbers two = {20, 20};
        const std::vector<double> rate = {0.1};
        const std::vector<double> rates = {0.1, 0.1};
        std::int64_t before = allocations;
        EXPECT_EQ(all.train(two, rates), 0);
        const std::int64_t by_two = allocations - before;
        all.order.resize(20);
        before = allocations;
        EXPECT_EQ(all.train(one, rate), 0);
        EXPECT_EQ(allocations - before, by_two);
    }
}

TEST(steps_from_other_weights_as_from_a_copy) {
    const Numbers plain = {0, 0, 0, 0, 0};
    for (const Example& example : examples()) {
        for (const std::int64_t images : {5, 20, 70}) {
            const std::vector<Numbers> lengths = {{}, {images}, {images - 3, 3}};
            for (const Numbers& steps : lengths) {
                Case at(example.layers, example.shape, images);
                at.order.resize(steps.empty() ? 0 : at.order.size());
                const Floats from = at.weights;
                const Floats anchor = normal(from.size(), 3, 0.1f);
                const std::vector<double> rates(steps.size(), 0.1);
                for (int kind = 0; kind < 3; ++kind) {
                    const std::vector<double> rule = {0, 0, 0, 0, 0, 0, 0, kind == 1 ? 1e-3 : no_limit, kind == 2 ? 0.3 : 0};
                    const Numbers state = kind == 2 ? Numbers{0, 0, 0, 0, address(anchor.data())} : plain;
                    const Numbers frozen = kind == 2 ? Numbers{0, 2} : Numbers{};
                    Floats to(from.size(), std::nanf(""));
                    EXPECT_EQ(at.train(from, to, steps, rates, rule, state, frozen), 0);
                    at.weights = from;
                    EXPECT_EQ(at.train(steps, rates, rule, state, frozen), 0);
                    EXPECT(same(at.weights, to));
                }
            }
        }
    }
}

TEST(drops_elements_by_seed_and_step) {
    const Example example = examples()[1];
    Case at(example.layers, example.shape, 30);
    const Floats one = at.gradient();
    EXPECT(same(one, at.gradient()));
    EXPECT(!same(one, at.gradient(false)));
    at.step = 1;
    EXPECT(!same(one, at.gradient()));
    at.step = 0;
    at.seed = 8;
    EXPECT(!same(one, at.gradient()));
}

TEST(scales_what_dropout_keeps) {
    const Case at({flatten, linear(6, 40), dropout(0.25), linear(40, 2, 0)}, {1, 1, 6}, 1);
    const Floats gradient = at.gradient();
    const float* of_biases = gradient.data() + 240;
    const float* of_head = gradient.data() + 280;
    double factor = 0;  // the slope of the first output, the same for all units
    int dropped = 0;
    for (std::size_t unit = 0; unit < 40; ++unit) {
        double value = at.weights[240 + unit];
        for (std::size_t i = 0; i < 6; ++i) {
            value += static_cast<double>(at.weights[unit * 6 + i]) * at.rows[i];
        }
        EXPECT((of_head[unit] == 0) == (of_biases[unit] == 0));
        if (of_head[unit] == 0) {
            ++dropped;
            continue;
        }
        const double own = of_head[unit] / (value / 0.75);
        EXPECT(factor == 0 || std::abs(own - factor) < 1e-4);
        factor = own;
    }
    EXPECT(factor != 0 && std::abs(factor) < 1);
    EXPECT(dropped > 0 && dropped < 25);
}

/** Returns whether numbers are equal, where zeros have no sign and NaN equals NaN. */
bool equal_values(const Floats& a, const Floats& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

TEST(leaves_out_only_what_adds_nothing_to_weights) {
    using bfl::step::Into;
    std::mt19937 random(11);
    std::uniform_real_distribution<float> uniform(-1, 1);
    const auto fill = [&](Floats& values) { std::generate(values.begin(), values.end(), [&] { return uniform(random); }); };
    for (int lanes : {4, 8, 16}) {
        const bfl::step::Kernels& k = bfl::step::kernels(lanes);
        for (int inputs : {1, 3, 20, 95, 1100}) {
            for (int images = 1; images <= bfl::step::cell; images += 3) {
                const int outputs = inputs == 3 ? 300 : 5;
                const bfl::step::Linear layer = {inputs, outputs, true};
                Floats x(static_cast<std::size_t>(inputs * images)), weights(static_cast<std::size_t>(inputs * outputs));
                bfl::step::Cells cells;
                float* const slopes = cells.sized(static_cast<std::size_t>(outputs * bfl::step::cell));
                fill(x);
                fill(weights);
                const float closed = uniform(random);
                std::generate(slopes, slopes + outputs * bfl::step::cell, [&] {
                    const float slope = uniform(random);
                    return uniform(random) < closed ? 0 : slope;
                });
                const int odd = images / 3 % 4;
                if (odd > 0) {
                    x[static_cast<std::size_t>(inputs) - 1] = odd == 1 ? INFINITY : odd == 2 ? NAN : -INFINITY;
                }
                std::vector<const float*> rows;
                for (int n = 0; n < images; ++n) {
                    rows.push_back(x.data() + n * inputs);
                }
                for (Into into : {Into::fresh, Into::sum, Into::weights}) {
                    Floats expected = weights, in_place = weights, apart(weights.size());
                    k.linear_weights(layer, slopes, 1, rows.data(), images, 0, outputs, weights.data(), expected.data(),
                                     into, -0.1f);
                    k.few_weights(layer, slopes, rows.data(), images, weights.data(), apart.data(), into, -0.1f);
                    k.few_weights(layer, slopes, rows.data(), images, in_place.data(), in_place.data(), into, -0.1f);
                    EXPECT(equal_values(apart, expected));
                    EXPECT(equal_values(in_place, expected));
                }
            }
        }
    }
}

TEST(passes_on_what_is_not_finite) {
    for (const Example& example : examples()) {
        Case at(example.layers, example.shape, 5);
        at.rows[static_cast<std::size_t>(at.order[0]) * example.shape.floats()] = std::nanf("");
        EXPECT(std::isnan(at.loss()));
        EXPECT(std::isnan(at.gradient(false).back()));
    }
}

TEST(counts_what_is_right) {
    Case at({flatten, linear(2, 2, 0)}, {1, 1, 2}, 4);
    at.weights = {1, 0, 0, 1};
    at.rows = {3, 1, 1, 3, 2, 2, 0, 5};
    at.labels = {0, 0, 0, 1};  // right, wrong, right (the first of equals), right
    at.order = {0, 1, 2, 3};
    std::int64_t right = 0;
    const double loss = at.loss(&right);
    EXPECT_EQ(right, 3);
    const double expected = (std::log1p(std::exp(-2)) + std::log1p(std::exp(2)) + std::log(2) + std::log1p(std::exp(-5))) / 4;
    EXPECT(std::abs(loss - expected) < 1e-12);
}

TEST(refuses_what_does_not_fit) {
    const Shape shape = {1, 8, 8};
    EXPECT_EQ(create({convolution(2, 3, 3), flatten, linear(108, 2)}, shape), -EINVAL);
    EXPECT_EQ(create({convolution(1, 3, 9), flatten, linear(1, 2)}, shape), -EINVAL);
    EXPECT_EQ(create({flatten, linear(63, 2)}, shape), -EINVAL);
    EXPECT_EQ(create({flatten, linear(64, 0)}, shape), -EINVAL);
    EXPECT_EQ(create({{9, 0, 0, 0, 0, 0}}, shape), -EINVAL);
    EXPECT_EQ(create({flatten, linear(64, 2), dropout(1.5)}, shape), -EINVAL);
    EXPECT_EQ(create({flatten, linear(64, 2)}, {1, 0, 8}), -EINVAL);
    EXPECT_EQ(create({flatten}, shape), -ENOTSUP);
    EXPECT_EQ(create({dropout(0.5), flatten, linear(64, 2)}, shape), -ENOTSUP);
    EXPECT_EQ(create({convolution(1, 1, 3), flatten}, shape), -ENOTSUP);
    EXPECT_EQ(create({flatten, linear(64, 2), relu}, shape), -ENOTSUP);
    EXPECT_EQ(create({pool, flatten, linear(16, 2)}, shape), -ENOTSUP);
    EXPECT_EQ(create({convolution(1, 1, 3), pool, pool, flatten, linear(1, 2)}, shape), -ENOTSUP);
    EXPECT_EQ(create({flatten, linear(64, 65536), linear(65536, 65536), linear(65536, 2)}, shape), -ENOTSUP);
    EXPECT_EQ(bfl_net_free(0), -EINVAL);
}

TEST(checks_samples_before_it_writes) {
    Case at(examples()[0].layers, examples()[0].shape, 6);
    const Floats before = at.weights;
    const std::int64_t six = 6;
    const double rate = 0.1;
    const Numbers none = {0, 0, 0, 0, 0};
    at.order[5] = 6;
    EXPECT_EQ(at.train({6}, {0.1}), -ERANGE);
    at.order[5] = -1;
    EXPECT_EQ(at.train({3, 3}, {0.1, 0.1}), -ERANGE);
    at.order[5] = 5;
    at.labels[5] = 5;
    EXPECT_EQ(at.train({6}, {0.1}), -ERANGE);
    at.labels[5] = 0;
    EXPECT_EQ(at.train({5}, {0.1}), -EINVAL);
    EXPECT_EQ(bfl_net_train(at.net, address(at.weights.data() + 1), address(at.weights.data()), at.samples().data(),
                            at.order.data(), &six, &rate, 1, plain_sgd.data(), none.data(), nullptr, 0), -EINVAL);
    EXPECT_EQ(bfl_net_train(at.net, address(at.weights.data()), address(at.weights.data()), at.samples().data(), nullptr, &six,
                            &rate, 1, plain_sgd.data(), none.data(), nullptr, 0), -EINVAL);
    EXPECT_EQ(at.train({7}, {0.1}), -EINVAL);
    EXPECT_EQ(at.train({6, 0}, {0.1, 0.1}), -EINVAL);
    EXPECT_EQ(at.train({6}, {no_limit}), -EINVAL);
    EXPECT_EQ(at.train({6}, {0.1}, {2, 0, 0, 0, 0, 0, 0, no_limit, 0}), -EINVAL);
    EXPECT_EQ(at.train({6}, {0.1}, {0, 0.9, 0, 0, 0, 0, 0, no_limit, 0}), -EINVAL);
    EXPECT_EQ(at.train({6}, {0.1}, plain_sgd, {2, 0, 0, 0, 0}), -EINVAL);
    EXPECT_EQ(at.train({6}, {0.1}, plain_sgd, {0, 0, 0, 0, 0}, {0, 71}), -EINVAL);
    EXPECT_EQ(at.train({6}, {0.1}, plain_sgd, {0, 0, 0, 0, 0}, {3, 4, 2, 5}), -EINVAL);
    EXPECT(same(at.weights, before));
    EXPECT_EQ(at.train({6}, {0.1}), 0);
    EXPECT(!same(at.weights, before));
}

}  // namespace
