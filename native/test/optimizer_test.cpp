#include "optimizer.h"

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

using Floats = std::vector<float>;

const std::size_t counts[] = {1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 1000, 1027};

/** Small numbers of either sign, zeros, infinities and subnormals. */
Floats some_floats(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    Floats values(count);
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    const float odd[] = {0.0f, -0.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min(), 1e30f};
    for (std::size_t i = 5; i < count; i += 11) {
        values[i] = odd[i % 5];
    }
    return values;
}

Floats squares(std::size_t count, unsigned seed) {
    Floats values = some_floats(count, seed);
    std::transform(values.begin(), values.end(), values.begin(), [](float x) { return x * x; });
    return values;
}

bool same_bits(const Floats& one, const Floats& other) {
    for (std::size_t i = 0; i < one.size(); ++i) {
        const bool both_nan = std::isnan(one[i]) && std::isnan(other[i]);  // the bits of a NaN depend on the processor
        if (!both_nan && std::memcmp(&one[i], &other[i], sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

/** One operation that is rounded on its own. */
float alone(float x) {
    volatile float rounded = x;
    return rounded;
}

/** torch.optim.SGD as PyTorch's operations. */
void sgd_by_hand(Floats& weights, const Floats& gradients, Floats& velocity, bool moves, const bfl::SgdStep& s) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
        float grad = alone(gradients[i] * s.scale);             // clip_grad_norm_
        const float param = alone(weights[i] * s.kept);         // param.mul_(1 - lr * weight_decay)
        if (s.coupled) {
            grad = std::fma(param, s.decay, grad);              // grad.add(param, alpha=weight_decay)
        }
        if (moves) {
            velocity[i] = s.first ? grad : std::fma(grad, s.share, alone(velocity[i] * s.momentum));
            grad = s.nesterov ? std::fma(velocity[i], s.momentum, grad) : velocity[i];
        }
        weights[i] = std::fma(grad, s.rate, param);             // param.add_(grad, alpha=-lr)
    }
}

/** torch.optim.Adam as PyTorch's operations. */
void adam_by_hand(Floats& weights, const Floats& gradients, Floats& first, Floats& second, const bfl::AdamStep& s) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
        float grad = alone(gradients[i] * s.scale);
        const float param = alone(weights[i] * s.kept);
        if (s.coupled) {
            grad = std::fma(param, s.decay, grad);
        }
        const float way = alone(grad - first[i]);               // exp_avg.lerp_(grad, 1 - beta1)
        first[i] = s.share1 < 0.5f ? std::fma(s.share1, way, first[i]) : std::fma(alone(s.share1 - 1), way, grad);
        second[i] = std::fma(alone(grad * s.share2), grad, alone(second[i] * s.beta2));
        const float denom = alone(alone(alone(std::sqrt(second[i])) / s.correction) + s.eps);
        weights[i] = param + alone(alone(s.rate * first[i]) / denom);
    }
}

std::vector<bfl::SgdStep> sgd_steps() {
    std::vector<bfl::SgdStep> steps;
    for (int kind = 0; kind < 16; ++kind) {
        steps.push_back({kind % 3 == 0 ? 1.0f : 0.3f, -0.1f, kind % 3 == 1 ? 0.999f : 1.0f, 0.01f, 0.9f,
                         (kind & 8) != 0 ? 0.75f : 1.0f, (kind & 1) != 0, (kind & 2) != 0, (kind & 4) != 0});
    }
    return steps;
}

std::vector<bfl::AdamStep> adam_steps() {
    std::vector<bfl::AdamStep> steps;
    for (int kind = 0; kind < 8; ++kind) {
        steps.push_back({(kind & 4) != 0 ? 0.3f : 1.0f, -0.01f, (kind & 1) != 0 ? 1.0f : 0.999f, 0.01f,
                         (kind & 2) != 0 ? 0.1f : 0.8f, 0.999f, 0.001f, 0.05f, 1e-8f, (kind & 1) != 0});
    }
    return steps;
}

template <typename Test>
void each_width(Test test) {
    int ran = 0;
    for (int k = 0; k < bfl::step_widths; ++k) {
        const bfl::StepKernels& kernels = bfl::step_table()[k];
        std::printf("  %s: %s\n", kernels.name, kernels.supported ? "ran" : "not on this processor");
        if (kernels.supported) {
            ++ran;
            test(kernels);
        }
    }
    EXPECT(ran >= 1);
}

std::int64_t at(Floats& values) { return bfl::address_of(values.data()); }

std::int32_t sgd(Floats& w, Floats& g, Floats& v, double momentum, std::int32_t flags = 0, double decay = 0) {
    return bfl_sgd_step_f32(at(w), at(g), at(v), static_cast<std::int64_t>(w.size()), 1, 0.1, momentum, 0, decay, flags);
}

}  // namespace

TEST(every_width_takes_the_step_of_sgd_that_single_operations_take) {
    each_width([](const bfl::StepKernels& kernels) {
        for (const std::size_t count : counts) {
            for (const bfl::SgdStep& step : sgd_steps()) {
                for (const bool moves : {false, true}) {
                    Floats weights = some_floats(count, 1);
                    const Floats gradients = some_floats(count, 2);
                    Floats velocity = some_floats(count, 3);
                    Floats expected = weights;
                    Floats moved = velocity;
                    kernels.sgd(weights.data(), gradients.data(), moves ? velocity.data() : nullptr,
                                static_cast<std::int64_t>(count), step);
                    sgd_by_hand(expected, gradients, moved, moves, step);
                    EXPECT(same_bits(weights, expected));
                    EXPECT(same_bits(velocity, moved));
                }
            }
        }
    });
}

TEST(every_width_takes_the_step_of_adam_that_single_operations_take) {
    each_width([](const bfl::StepKernels& kernels) {
        for (const std::size_t count : counts) {
            for (const bfl::AdamStep& step : adam_steps()) {
                Floats weights = some_floats(count, 1);
                const Floats gradients = some_floats(count, 2);
                Floats first = some_floats(count, 3);
                Floats second = squares(count, 4);
                Floats expected = weights;
                Floats mean = first;
                Floats square = second;
                kernels.adam(weights.data(), gradients.data(), first.data(), second.data(),
                             static_cast<std::int64_t>(count), step);
                adam_by_hand(expected, gradients, mean, square, step);
                EXPECT(same_bits(weights, expected));
                EXPECT(same_bits(first, mean));
                EXPECT(same_bits(second, square));
            }
        }
    });
}

TEST(every_width_adds_squares_in_the_same_order) {
    Floats x = some_floats(200'003, 5);
    std::replace_if(x.begin(), x.end(), [](float value) { return std::isinf(value); }, 3.0f);
    each_width([&](const bfl::StepKernels& kernels) {
        for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{9}, std::size_t{65'536},
                                        std::size_t{65'537}, x.size() - 1}) {
            double expected = 0;
            for (std::size_t start = 0; start < count; start += 65'536) {
                double lanes[8] = {};
                for (std::size_t i = start; i < std::min(start + 65'536, count); ++i) {
                    lanes[(i - start) % 8] += static_cast<double>(x[i + 1]) * static_cast<double>(x[i + 1]);
                }
                double block = 0;
                for (const double lane : lanes) {
                    block += lane;
                }
                expected += block;
            }
            EXPECT_EQ(kernels.sum_squares(x.data() + 1, static_cast<std::int64_t>(count)), expected);
        }
    });
}

TEST(every_width_pulls_as_single_operations_do) {
    each_width([](const bfl::StepKernels& kernels) {
        for (const std::size_t count : counts) {
            const Floats weights = some_floats(count, 1);
            const Floats anchor = some_floats(count, 2);
            const Floats constant = some_floats(count, 3);
            for (const bool with_constant : {false, true}) {
                Floats gradients(count, 7);
                Floats expected(count);
                for (std::size_t i = 0; i < count; ++i) {
                    expected[i] = std::fma(0.3f, weights[i] - anchor[i], with_constant ? constant[i] : 0.0f);
                }
                kernels.pull(gradients.data(), with_constant ? constant.data() : nullptr, 0.3f, weights.data(),
                             anchor.data(), static_cast<std::int64_t>(count));
                EXPECT(same_bits(gradients, expected));
            }
        }
    });
}

TEST(a_first_step_overwrites_whatever_the_velocity_was) {
    Floats w = {1, 1};
    Floats g = {0.5f, -2};
    Floats v = {std::numeric_limits<float>::quiet_NaN(), 7};
    EXPECT_EQ(sgd(w, g, v, 0.9, BFL_FIRST), 0);
    EXPECT(same_bits(v, g));
    EXPECT_EQ(w[1], std::fma(-2.0f, -0.1f, 1.0f));
}

TEST(a_decoupled_decay_shrinks_weights_without_gradients_and_a_coupled_one_through_the_velocity) {
    Floats w = {1, -2};
    Floats g = {0, 0};
    Floats v = {0, 0};
    EXPECT_EQ(sgd(w, g, v, 0.9, BFL_DECOUPLED, 0.5), 0);
    EXPECT_EQ(w[0], static_cast<float>(1 - 0.1 * 0.5));
    EXPECT_EQ(v[0], 0.0f);
    w = {1, -2};
    EXPECT_EQ(sgd(w, g, v, 0.9, 0, 0.5), 0);
    EXPECT_EQ(v[1], -1.0f);
}

TEST(the_first_step_of_adam_is_the_rate_in_the_direction_of_the_gradient) {
    Floats w = {0, 0};
    Floats g = {3, -0.01f};
    Floats m = {0, 0};
    Floats v = {0, 0};
    EXPECT_EQ(bfl_adam_step_f32(at(w), at(g), at(m), at(v), 2, 1, 0.1, 0.9, 0.999, 1e-8, 0, 1, 0), 0);
    EXPECT(std::abs(w[0] + 0.1f) < 1e-6f);
    EXPECT(std::abs(w[1] - 0.1f) < 1e-6f);
}

TEST(wrong_arguments_are_refused_and_nothing_is_written) {
    alignas(8) float x[4] = {2, 2, 2, 2};
    const std::int64_t f = bfl::address_of(x);
    EXPECT_EQ(bfl_sgd_step_f32(0, f, f, 1, 1, 0.1, 0.9, 0, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_sgd_step_f32(f, f + 1, f, 1, 1, 0.1, 0.9, 0, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_sgd_step_f32(f, f, 0, 1, 1, 0.1, 0.9, 0, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_sgd_step_f32(f, f, f, -1, 1, 0.1, 0.9, 0, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_sgd_step_f32(f, f, f, 1, 1, 0.1, 0.9, 0, 0, 8), -EINVAL);
    EXPECT_EQ(bfl_adam_step_f32(f, f, f, 0, 1, 1, 0.1, 0.9, 0.999, 1e-8, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_adam_step_f32(f, f, f, f, 1, 1, 0.1, 0.9, 0.999, 1e-8, 0, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_adam_step_f32(f, f, f, f, 1, 1, 0.1, 0.9, 0.999, 1e-8, 0, 1, BFL_NESTEROV), -EINVAL);
    EXPECT_EQ(bfl_adam_step_f32(f, f, f, f, -1, 1, 0.1, 0.9, 0.999, 1e-8, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_pull_f32(f, 0, 1, f, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_pull_f32(f, f + 1, 1, f, f, 1), -EINVAL);
    EXPECT_EQ(bfl_pull_f32(f, 0, 1, f, f, -1), -EINVAL);
    EXPECT_EQ(bfl_sum_squares_f32(0, 1), -EINVAL);
    EXPECT_EQ(bfl_sum_squares_f32(f + 2, 1), -EINVAL);
    EXPECT_EQ(bfl_sum_squares_f32(f, -1), -EINVAL);
    EXPECT_EQ(x[0], 2.0f);
    EXPECT_EQ(bfl_sgd_step_f32(0, 0, 0, 0, 1, 0.1, 0, 0, 0, 0), 0);
    EXPECT_EQ(bfl_adam_step_f32(0, 0, 0, 0, 0, 1, 0.1, 0.9, 0.999, 1e-8, 0, 1, 0), 0);
    EXPECT_EQ(bfl_pull_f32(0, 0, 1, 0, 0, 0), 0);
    EXPECT_EQ(bfl_sum_squares_f32(0, 0), 0.0);
}
