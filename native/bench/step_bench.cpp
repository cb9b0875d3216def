// Rates of the kernels of training steps: step_bench [lanes]. The least CPU time of many calls, for a group of 16 images.
#include <ctime>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "../include/blazefl4j.h"
#include "../step/net.h"

namespace {

using bfl::step::cell;
using bfl::step::Cells;
using bfl::step::Convolution;
using bfl::step::Into;
using bfl::step::Kernels;
using bfl::step::Linear;
using bfl::step::Map;

double now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void measure(const char* name, double products, const std::function<void()>& work) {
    constexpr int calls = 20;  // between two looks at the clock, which take as long as a small kernel
    double least = 1e9;
    for (int i = 0; i < 30; ++i) {
        const double start = now();
        for (int call = 0; call < calls; ++call) {
            work();
        }
        least = std::min(least, (now() - start) / calls);
    }
    std::printf("  %-18s %9.1f us %7.1f GFLOP/s\n", name, least * 1e6, 2e-9 * products / least);
}

float* filled(Cells& cells, std::size_t floats, float most) {
    float* memory = cells.sized(floats);
    for (std::size_t i = 0; i < floats; ++i) {
        memory[i] = most * (static_cast<float>(std::rand()) / static_cast<float>(RAND_MAX) - 0.5f);
    }
    return memory;
}

void convolution(const char* name, const Kernels& k, const Convolution& c) {
    std::printf("%s\n", name);
    Cells input, weights, output, winners, spread, sums, inputs;
    const float* x = filled(input, c.input_cells() * cell, 1);
    const float* w = filled(weights, c.weights() + static_cast<std::size_t>(c.outputs), 0.2f);
    const std::size_t columns = static_cast<std::size_t>(c.result_columns()) * cell;
    const Map out = {output.sized(c.result_cells() * cell), columns * static_cast<std::size_t>(c.result_rows()), columns, cell};
    auto* numbers = reinterpret_cast<std::int32_t*>(winners.sized(c.result_cells() * cell));
    float* slopes = spread.sized(c.gradient_cells() * cell);
    float* added = sums.sized((c.weights() + static_cast<std::size_t>(c.outputs)) * cell);
    float* back = inputs.sized(c.input_cells() * cell);
    const double products = static_cast<double>(c.weights()) * c.out_rows() * c.out_columns() * cell;
    const double pooled = static_cast<double>(c.weights()) * c.result_rows() * c.result_columns() * (c.pool ? 4 : 1) * cell;
    measure("forward", pooled, [&] { k.forward(c, x, w, w + c.weights(), out, numbers, cell); });
    measure("spread", 0, [&] { k.spread(c, out, out, numbers, slopes, cell); });
    measure("weights", products, [&] { k.weight_gradients(c, x, slopes, added, added + c.weights() * cell, cell); });
    measure("inputs", products, [&] { k.input_gradients(c, slopes, w, back, cell); });
}

/** Of 16 images. */
void wide(const char* name, const Kernels& k, const Convolution& c) {
    std::printf("%s, lanes are channels\n", name);
    Cells whole, nothing, input, weights, output, winners, spread, sums, inputs;
    const float* x = filled(input, c.input_cells(), 1);
    const float* w = filled(weights, c.weights() + static_cast<std::size_t>(c.outputs), 0.2f);
    float* out = output.sized(c.result_cells());
    auto* numbers = reinterpret_cast<std::int32_t*>(winners.sized(c.result_cells()));
    float* slopes = spread.sized(c.wide_gradient());
    float* added = sums.sized(c.weights() + static_cast<std::size_t>(c.outputs));
    float* back = inputs.sized(c.inner_cells());
    float* unpooled = whole.sized(static_cast<std::size_t>(c.outputs * c.out_rows() * c.out_columns()));
    const float* zeros = nothing.sized(static_cast<std::size_t>(c.inputs));
    const double products = static_cast<double>(c.weights()) * c.out_rows() * c.out_columns() * cell;
    const auto each = [](const std::function<void()>& work) {
        for (int i = 0; i < cell; ++i) {
            work();
        }
    };
    measure("forward", products, [&] { each([&] { k.wide_forward(c, x, w, w + c.weights(), unpooled, out, numbers); }); });
    measure("spread", 0, [&] { each([&] { k.wide_spread(c, out, out, numbers, slopes); }); });
    measure("weights", products, [&] { each([&] { k.wide_weights(c, x, slopes, added, added + c.weights()); }); });
    measure("inputs", products, [&] { each([&] { k.wide_inputs(c, slopes, w, zeros, back); }); });
}

void linear(const char* name, const Kernels& k, const Linear& l, int images) {
    std::printf("%s, %d images\n", name, images);
    const int groups = (images + cell - 1) / cell;
    const int lanes = (images + 7) / 8 * 8;
    const auto stride = static_cast<std::size_t>(groups * cell);
    const auto size = static_cast<std::size_t>(l.inputs) * static_cast<std::size_t>(l.outputs);
    Cells input, weights, output, back, rows;
    const float* x = filled(input, static_cast<std::size_t>(l.inputs) * stride, 1);
    float* w = filled(weights, size + static_cast<std::size_t>(l.outputs), 0.1f);
    float* out = filled(output, static_cast<std::size_t>(l.outputs) * stride, 1);
    float* in = back.sized(static_cast<std::size_t>(l.inputs) * stride);
    float* turned = rows.sized(2 * static_cast<std::size_t>(l.inputs) * stride);
    std::vector<const float*> pointers;
    for (int i = 0; i < images; ++i) {
        pointers.push_back(turned + i * l.inputs);
    }
    const double products = static_cast<double>(size) * images;
    measure("forward", products, [&] { k.linear(l, x, w, w + size, out, groups, lanes); });
    measure("inputs", products, [&] { k.linear_inputs(l, out, w, in, groups, lanes); });
    if (images <= cell) {
        float* few = turned + l.inputs * images;
        measure("forward of few", products, [&] { k.few(l, pointers.data(), images, w, w + size, out); });
        measure("inputs of few", products, [&] { k.few_inputs(l, out, images, w, few); });
        Cells behind;  // ReLU, which half of the outputs do not pass
        float* open = filled(behind, static_cast<std::size_t>(l.outputs) * stride, 1);
        for (std::size_t i = 0; i < static_cast<std::size_t>(l.outputs) * stride; ++i) {
            open[i] = std::max(open[i], 0.0f);
        }
        measure("weights of few", products,
                [&] { k.few_weights(l, open, pointers.data(), images, w, w, Into::weights, -1e-6f); });
    }
    measure("to rows", 0, [&] { k.to_rows(x, l.inputs, groups, turned); });
    measure("weights and step", products,
            [&] { k.linear_weights(l, out, groups, pointers.data(), images, 0, l.outputs, w, w, Into::weights, -1e-6f); });
}

/** Plain steps over shuffled rows, from the order to the update. */
void steps(const char* name, const Kernels& k, std::vector<std::vector<std::int64_t>> layers, int channels, int size,
           int images) {
    constexpr int rows = 500;
    std::vector<std::int64_t> numbers;
    for (auto& layer : layers) {
        layer.resize(BFL_LAYER_NUMBERS);
        numbers.insert(numbers.end(), layer.begin(), layer.end());
    }
    bfl::step::Plan plan;
    if (bfl::step::read_plan(numbers.data(), static_cast<int>(layers.size()), channels, size, size, plan) != 0) {
        std::abort();
    }
    Cells data, weights;
    const float* x = filled(data, rows * plan.sample, 1);
    float* w = filled(weights, plan.parameters, 0.1f);
    std::vector<std::int64_t> labels(rows), order(rows), lengths(rows / images, images);
    for (int i = 0; i < rows; ++i) {
        labels[i] = i % 10;
        order[i] = i * 7 % rows;
    }
    const std::vector<double> rates(lengths.size(), 0.01);
    bfl::step::Net net(plan, k);
    const bfl::step::Training training = {false, 0, 0, 0, 0, false, false, INFINITY, 0, nullptr, nullptr, 0, nullptr, nullptr, {}};
    double least = 1e9;
    for (int i = 0; i < 30; ++i) {
        const double start = now();
        net.train(w, w, {x, labels.data(), order.data(), rows, 0, 0}, lengths.data(), rates.data(),
                  static_cast<int>(lengths.size()), training);
        least = std::min(least, (now() - start) / static_cast<double>(lengths.size()));
    }
    std::printf("%-20s %9.1f us a step\n", name, least * 1e6);
}

}  // namespace

int main(int count, char** arguments) {
    const Kernels& k = bfl::step::kernels(count > 1 ? std::atoi(arguments[1]) : cell);
    std::printf("%s\n", k.name);
    convolution("3 to 6, 5x5, 32x32, pooled", k, {3, 6, 5, 0, 32, 32, true, true});
    convolution("6 to 16, 5x5, 14x14, pooled", k, {6, 16, 5, 0, 14, 14, true, true});
    convolution("1 to 32, 5x5, 28x28 padded by 2, pooled", k, {1, 32, 5, 2, 32, 32, true, true});
    convolution("32 to 64, 5x5, 14x14 padded by 2, pooled", k, {32, 64, 5, 2, 18, 18, true, true});
    convolution("16 to 32, 3x3, 16x16 padded by 1", k, {16, 32, 3, 1, 18, 18, true, false});
    wide("16 to 32, 3x3, 16x16 padded by 1", k, {16, 32, 3, 1, 18, 18, true, false});
    wide("32 to 64, 5x5, 14x14 padded by 2, pooled", k, {32, 64, 5, 2, 18, 18, true, true});
    linear("400 to 120", k, {400, 120, true}, 50);
    linear("784 to 200", k, {784, 200, true}, 10);
    linear("3136 to 512", k, {3136, 512, true}, 10);
    const std::vector<std::int64_t> flatten = {BFL_LAYER_FLATTEN}, relu = {BFL_LAYER_RELU}, pool = {BFL_LAYER_MAX_POOL};
    steps("784-200-10, 10", k, {flatten, {BFL_LAYER_LINEAR, 784, 200, 0, 0, 1}, relu, {BFL_LAYER_LINEAR, 200, 10, 0, 0, 1}}, 1, 28, 10);
    steps("784-200-200-10, 10", k,
          {flatten, {BFL_LAYER_LINEAR, 784, 200, 0, 0, 1}, relu, {BFL_LAYER_LINEAR, 200, 200, 0, 0, 1}, relu, {BFL_LAYER_LINEAR, 200, 10, 0, 0, 1}},
          1, 28, 10);
    return 0;
}
