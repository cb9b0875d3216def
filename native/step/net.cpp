#include "net.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "../src/kernels.h"

namespace bfl::step {
namespace {

constexpr int block_images = most_groups * cell;
constexpr int half = cell / 2;

/** The bytes of rows that a cache keeps beside all that a step uses. */
constexpr std::size_t most_fetched = std::size_t{1} << 16;

/** The step of SplitMix64 (Steele et al., OOPSLA 2014). */
std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/** Adds gradients, or writes them if they are the first. */
void put(const float* from, std::size_t count, bool sums, float* to) {
    if (sums) {
        std::transform(from, from + count, to, to, [](float a, float b) { return b + a; });
    } else {
        std::copy(from, from + count, to);
    }
}

/** Returns the place of the greatest element: of equals the first, and a NaN is the greatest. */
int greatest(const float* z, int classes, std::size_t stride) {
    int best = 0;
    for (int c = 1; c < classes; ++c) {
        const float value = z[c * stride];
        const float before = z[best * stride];
        if (value > before || (std::isnan(value) && !std::isnan(before))) {
            best = c;
        }
    }
    return best;
}

/** The floats of the sums of a convolution's gradients: lane by lane unless it is wide. */
std::size_t sum_floats(const Stage& stage) {
    return (stage.weight_count() + stage.outputs()) * (stage.convolution.is_wide() ? 1 : cell);
}

/** Lays out the gradients of a wide convolution's weights as PyTorch does, and its biases'. */
void turn_back(const Stage& stage, const float* sums, float* gradients) {
    const Convolution& c = stage.convolution;
    const std::size_t square = static_cast<std::size_t>(c.kernel) * c.kernel;
    for (int out = 0; out < c.outputs; ++out) {
        for (int in = 0; in < c.inputs; ++in) {
            for (std::size_t k = 0; k < square; ++k) {
                *gradients++ = sums[(k * c.inputs + in) * c.outputs + out];
            }
        }
    }
    if (stage.has_bias) {
        std::copy(sums + c.weights(), sums + c.weights() + c.outputs, gradients);
    }
}

double cross_entropy(const float* z, int classes, std::size_t stride, std::int64_t label) {
    double most = z[0];
    for (int c = 1; c < classes; ++c) {
        most = std::max(most, static_cast<double>(z[c * stride]));
    }
    double total = 0;
    for (int c = 0; c < classes; ++c) {
        total += std::exp(static_cast<double>(z[c * stride]) - most);
    }
    return std::log(total) - (static_cast<double>(z[label * stride]) - most);
}

}  // namespace

float* Cells::sized(std::size_t floats) {
    if (floats > floats_) {
        constexpr std::size_t alignment = cell * sizeof(float);
        const std::size_t bytes = (floats * sizeof(float) + alignment - 1) / alignment * alignment;
        auto* fresh = static_cast<float*>(std::aligned_alloc(alignment, bytes));
        if (fresh == nullptr) {
            throw std::bad_alloc();
        }
        std::memset(fresh, 0, bytes);
        memory_.reset(fresh);
        floats_ = floats;
    }
    return memory_.get();
}

int Net::Block::images_of(int group) const { return std::min(cell, images - group * cell); }

int Net::Block::lanes(int group) const { return images_of(group) > half ? cell : half; }

int Net::Block::all_lanes() const { return (groups - 1) * cell + lanes(groups - 1); }

Net::Net(Plan plan, const Kernels& kernels)
    : plan_(std::move(plan)), kernels_(kernels), optimizers_(widest(step_table())), work_(plan_.stages.size()) {
    std::size_t zeros = 0;
    std::size_t together = 0;
    for (const Stage& stage : plan_.stages) {
        zeros = std::max({zeros, static_cast<std::size_t>(stage.outputs()),
                          static_cast<std::size_t>(stage.is_convolution ? stage.convolution.inputs : stage.linear.inputs)});
        const std::size_t rows = stage.is_convolution
                                     ? stage.end() - stage.weights
                                     : static_cast<std::size_t>(std::min(linear_block, stage.linear.outputs)) * stage.linear.inputs +
                                           stage.linear.outputs;
        together = std::max(together, rows);
    }
    zeros_.sized(zeros);
    some_gradients_.sized(together);
}

const float* Net::bias(const float* weights, const Stage& stage) const {
    return stage.has_bias ? weights + stage.bias() : zeros_.get();
}

/** Where the result of a stage lies: in the input of the next one. */
Map Net::result(std::size_t number, int group, int groups) {
    const Stage& stage = plan_.stages[number];
    float* first = work_[number + 1].input.get();
    const Stage& next = plan_.stages[number + 1];
    if (next.is_convolution) {
        const Convolution& c = next.convolution;
        Map map = Map::of(first + group * c.input_cells() * cell, c.rows, c.columns, cell);
        map.first += c.padding * (map.row + map.column);
        return map;
    }
    const Convolution& c = stage.convolution;
    return Map::of(first + group * cell, c.result_rows(), c.result_columns(), static_cast<std::size_t>(groups) * cell);
}

Map Net::result_gradient(std::size_t number, int group, int groups) {
    const Convolution& c = plan_.stages[number].convolution;
    const bool dense = plan_.stages[number + 1].is_convolution;
    const std::size_t stride = dense ? cell : static_cast<std::size_t>(groups) * cell;
    float* first = work_[number + 1].input_gradient.get() + (dense ? 0 : group * cell);
    return Map::of(first, c.result_rows(), c.result_columns(), stride);
}

void Net::read(const Block& block) {
    for (int i = 0; i < block.groups * cell; ++i) {
        samples_[i] = i < block.images
                          ? block.samples->rows + block.samples->order[block.first + i] * static_cast<std::int64_t>(plan_.sample)
                          : samples_[0];  // whose products with zero gradients are zeros where its own are finite
    }
    const Stage& stage = plan_.stages.front();
    Cells& input = work_.front().input;
    if (!stage.is_convolution) {
        if (block.is_few()) {
            return;
        }
        const std::size_t stride = static_cast<std::size_t>(block.groups) * cell;
        float* cells = input.sized(plan_.sample * stride);
        for (int group = 0; group < block.groups; ++group) {
            kernels_.to_cells(samples_ + group * cell, 0, static_cast<int>(plan_.sample), cells + group * cell, stride);
        }
        return;
    }
    const Convolution& c = stage.convolution;
    float* cells = input.sized(c.input_cells() * cell * block.groups);
    const int rows = c.inner_rows();
    const int columns = c.inner_columns();
    for (int group = 0; group < block.groups; ++group) {
        float* map = cells + group * c.input_cells() * cell;
        if (c.padding == 0) {
            kernels_.to_cells(samples_ + group * cell, 0, static_cast<int>(plan_.sample), map, cell);
            continue;
        }
        for (int in = 0; in < c.inputs; ++in) {
            for (int y = 0; y < rows; ++y) {
                float* row = map + ((static_cast<std::size_t>(in) * c.rows + y + c.padding) * c.columns + c.padding) * cell;
                kernels_.to_cells(samples_ + group * cell, (static_cast<std::size_t>(in) * rows + y) * columns, columns, row,
                                  cell);
            }
        }
    }
}

/** Asks memory for the rows of a later step, if they are few. */
void Net::fetch(const Samples& samples, std::int64_t first, std::int64_t images) const {
    constexpr std::size_t line = 64;
    const std::size_t bytes = plan_.sample * sizeof(float);
    if (static_cast<std::size_t>(images) > most_fetched / bytes) {
        return;
    }
    for (std::int64_t i = first; i < first + images; ++i) {
        const auto* row = reinterpret_cast<const char*>(samples.rows + samples.order[i] * static_cast<std::int64_t>(plan_.sample));
        for (std::size_t at = 0; at < bytes; at += line) {
            __builtin_prefetch(row + at, 0, 2);
        }
    }
}

void Net::forward(const float* weights, const Block& block) {
    read(block);
    for (std::size_t number = 0; number < plan_.stages.size(); ++number) {
        if (number + 1 < plan_.stages.size()) {
            const Stage& next = plan_.stages[number + 1];
            const std::size_t cells = next.is_convolution ? next.convolution.input_cells() : next.linear.inputs;
            work_[number + 1].input.sized(cells * cell * block.groups);
        }
        if (plan_.stages[number].is_convolution) {
            convolve(weights, number, block);
        } else {
            multiply(weights, number, block);
        }
        if (block.training && plan_.stages[number].dropout > 0) {
            drop(number, block);
        }
    }
}

void Net::convolve(const float* weights, std::size_t number, const Block& block) {
    const Stage& stage = plan_.stages[number];
    const Convolution& c = stage.convolution;
    Work& work = work_[number];
    const std::size_t results = c.result_cells() * cell;
    auto* winners = reinterpret_cast<std::int32_t*>(c.pool ? work.winners.sized(results * block.groups) : nullptr);
    if (c.is_wide()) {
        work.images.sized(c.input_cells() * cell * block.groups);
        work.results.sized(results * block.groups);
    }
    for (int group = 0; group < block.groups; ++group) {
        if (c.is_wide()) {
            convolve_wide(weights, number, block, group);
            continue;
        }
        kernels_.forward(c, work.input.get() + group * c.input_cells() * cell, weights + stage.weights, bias(weights, stage),
                         result(number, group, block.groups), c.pool ? winners + group * results : nullptr,
                         block.lanes(group));
    }
}

/** Lays out a wide convolution's weights for both ways. */
void Net::turn(const float* weights, std::size_t number) {
    const Stage& stage = plan_.stages[number];
    const Convolution& c = stage.convolution;
    const std::size_t square = static_cast<std::size_t>(c.kernel) * c.kernel;
    float* forth = work_[number].forth.sized(c.weights());
    float* back = work_[number].back.sized(c.weights());
    const float* from = weights + stage.weights;
    for (int out = 0; out < c.outputs; ++out) {
        for (int in = 0; in < c.inputs; ++in) {
            for (std::size_t k = 0; k < square; ++k, ++from) {
                forth[((out / cell * square + k) * c.inputs + in) * cell + out % cell] = *from;
                back[((in / cell * square + square - 1 - k) * c.outputs + out) * cell + in % cell] = *from;
            }
        }
    }
}

void Net::turn_all(const float* weights) {
    for (int number = 0; number < plan_.convolutions; ++number) {
        if (plan_.stages[number].convolution.is_wide()) {
            turn(weights, static_cast<std::size_t>(number));
        }
    }
}

void Net::convolve_wide(const float* weights, std::size_t number, const Block& block, int group) {
    const Stage& stage = plan_.stages[number];
    const Convolution& c = stage.convolution;
    Work& work = work_[number];
    const std::size_t group_input = c.input_cells() * cell;
    const std::size_t group_result = c.result_cells() * cell;
    const int count = block.images_of(group);
    const Map input = Map::of(work.input.get() + group * group_input, c.rows, c.columns, cell);
    float* images = work.images.get() + group * group_input;
    float* results = work.results.get() + group * group_result;
    auto* winners = reinterpret_cast<std::int32_t*>(work.winners.get());
    kernels_.to_images(input, c.inputs, c.rows, c.columns, count, images);
    float* sums = work.some.sized(static_cast<std::size_t>(c.outputs) * (c.out_rows() * c.out_columns() + 1));
    float* biases = sums + static_cast<std::size_t>(c.outputs) * c.out_rows() * c.out_columns();
    std::copy_n(bias(weights, stage), c.outputs, biases);  // aligned
    for (int i = 0; i < count; ++i) {
        kernels_.wide_forward(c, images + i * c.input_cells(), work.forth.get(), biases, sums,
                              results + i * c.result_cells(),
                              c.pool ? winners + group * group_result + i * c.result_cells() : nullptr);
    }
    kernels_.from_images(results, c.outputs, c.result_rows(), c.result_columns(), count, result(number, group, block.groups));
}

/** Does what convolution_backward does, where lanes are channels. */
void Net::wide_backward(std::size_t number, const Block& block, int group, const Map& gradient) {
    const Stage& stage = plan_.stages[number];
    const Convolution& c = stage.convolution;
    Work& work = work_[number];
    const std::size_t group_result = c.result_cells() * cell;
    const int count = block.images_of(group);
    const std::size_t inputs = c.inner_cells();
    float* slopes = work.some.get();
    float* back = slopes + group_result;
    float* sums = work.sums.get();
    const float* images = work.images.get() + group * c.input_cells() * cell;
    const float* results = work.results.get() + group * group_result;
    const auto* winners = reinterpret_cast<const std::int32_t*>(work.winners.get());
    kernels_.to_images(gradient, c.outputs, c.result_rows(), c.result_columns(), count, slopes);
    float* spread = work.gradient.get();
    for (int i = 0; i < count; ++i) {
        kernels_.wide_spread(c, slopes + i * c.result_cells(), results + i * c.result_cells(),
                             c.pool ? winners + group * group_result + i * c.result_cells() : nullptr, spread);
        if (number > 0) {
            kernels_.wide_inputs(c, spread, work.back.get(), zeros_.get(), back + i * inputs);
        }
        kernels_.wide_weights(c, images + i * c.input_cells(), spread, sums, sums + c.weights());
    }
    if (number > 0) {
        kernels_.from_images(back, c.inputs, c.inner_rows(), c.inner_columns(), count,
                             Map::of(work.input_gradient.get(), c.inner_rows(), c.inner_columns(), cell));
    }
}

void Net::multiply(const float* weights, std::size_t number, const Block& block) {
    const Stage& stage = plan_.stages[number];
    const bool last = number + 1 == plan_.stages.size();
    float* out = last ? outputs_.sized(static_cast<std::size_t>(stage.linear.outputs) * cell * block.groups)
                      : work_[number + 1].input.get();
    if (block.is_few()) {
        kernels_.few(stage.linear, linear_rows(number, block), block.images, weights + stage.weights, bias(weights, stage), out);
        return;
    }
    kernels_.linear(stage.linear, work_[number].input.get(), weights + stage.weights, bias(weights, stage), out, block.groups,
                    block.all_lanes());
}

/** Multiplies the cells of a convolution's result by factors, which are `stride` floats apart. */
void Net::multiply_map(const Convolution& c, const Map& map, const float* factor, std::size_t stride) const {
    for (int o = 0; o < c.outputs; ++o) {
        for (int y = 0; y < c.result_rows(); ++y) {
            for (int x = 0; x < c.result_columns(); ++x, factor += stride) {
                kernels_.multiply(map.at(o, y, x), factor, cell);
            }
        }
    }
}

/** Zeroes elements of a stage's result, and keeps the factors for the gradient. */
void Net::drop(std::size_t number, const Block& block) {
    const Stage& stage = plan_.stages[number];
    const std::size_t stride = static_cast<std::size_t>(block.groups) * cell;
    const auto elements = static_cast<int>(stage.results());
    float* factors = work_[number].factors.sized(stage.results() * stride);
    const bool all = stage.dropout == 1;
    const auto limit = all ? 0u : static_cast<std::uint32_t>(std::ldexp(stage.dropout, 32));
    const float kept = all ? 0.0f : static_cast<float>(1 / (1 - stage.dropout));
    const std::uint64_t key = mixed(mixed(block.samples->seed + static_cast<std::uint64_t>(block.step)) + number);
    for (int group = 0; group < block.groups; ++group) {
        alignas(64) std::uint32_t keys[cell];
        for (int i = 0; i < cell; ++i) {
            keys[i] = static_cast<std::uint32_t>(mixed(key + static_cast<std::uint64_t>(block.position + group * cell + i)) >> 32);
        }
        kernels_.drop(keys, 0, elements, limit, kept, factors + group * cell, stride);
        if (!stage.is_convolution) {
            continue;
        }
        multiply_map(stage.convolution, result(number, group, block.groups), factors + group * cell, stride);
    }
    if (!stage.is_convolution) {
        const bool last = number + 1 == plan_.stages.size();
        kernels_.multiply(last ? outputs_.get() : work_[number + 1].input.get(), factors, stage.results() * stride);
    }
}

const float* const* Net::linear_rows(std::size_t number, const Block& block) {
    if (number == 0) {
        return samples_;
    }
    const std::size_t features = plan_.stages[number].linear.inputs;
    float* rows = rows_.sized(features * cell * block.groups);
    kernels_.to_rows(work_[number].input.get(), static_cast<int>(features), block.groups, rows);
    for (int i = 0; i < block.images; ++i) {
        pointers_[i] = rows + i * features;
    }
    return pointers_;
}

/** Makes room for the way back at once, so that no weights have changed if there is none. */
void Net::reserve(const Block& block) {
    for (std::size_t number = 0; number < plan_.stages.size(); ++number) {
        const Stage& stage = plan_.stages[number];
        Work& work = work_[number];
        if (!stage.is_convolution) {
            const std::size_t floats = static_cast<std::size_t>(stage.linear.inputs) * cell * block.groups;
            work.input_gradient.sized(number > 0 ? floats : 0);
            rows_.sized(number > 0 ? floats : 0);
            back_.sized(number > 0 && block.is_few() ? floats : 0);
            continue;
        }
        const Convolution& c = stage.convolution;
        const std::size_t inputs = c.inner_cells() * cell;
        work.sums.sized(sum_floats(stage));
        work.gradient.sized(c.is_wide() ? c.wide_gradient() : c.gradient_cells() * cell);
        work.input_gradient.sized(number > 0 ? inputs : 0);
        work.some.sized(c.is_wide() ? c.result_cells() * cell + inputs : 0);
    }
}

/** Finds the gradients of weights: of all stages, from the last to the first. */
void Net::backward(const float* weights, const Block& block, float share, float* gradients, bool sums,
                   const Update* update) {
    for (int i = 0; i < block.images; ++i) {
        labels_[i] = block.samples->labels[block.samples->order[block.first + i]];
    }
    reserve(block);
    const std::size_t last = plan_.stages.size() - 1;
    kernels_.cross_entropy(outputs_.get(), classes(), block.groups, labels_, block.images, share);
    for (std::size_t number = last + 1; number-- > static_cast<std::size_t>(plan_.convolutions);) {
        linear_backward(weights, number, block, gradients, sums, update);
    }
    if (plan_.convolutions == 0) {
        return;
    }
    for (int number = 0; number < plan_.convolutions; ++number) {
        const std::size_t floats = sum_floats(plan_.stages[number]);
        std::memset(work_[number].sums.get(), 0, floats * sizeof(float));
    }
    for (int group = 0; group < block.groups; ++group) {
        for (int number = plan_.convolutions - 1; number >= 0; --number) {
            convolution_backward(weights, static_cast<std::size_t>(number), block, group);
        }
    }
    for (int number = plan_.convolutions - 1; number >= 0; --number) {
        give(static_cast<std::size_t>(number), gradients, sums, update);
    }
}

/** Finds the gradient of a linear layer's inputs. */
void Net::input_gradients(const float* weights, std::size_t number, const Block& block, const float* gradient) {
    const Stage& stage = plan_.stages[number];
    const Linear& l = stage.linear;
    float* out = work_[number].input_gradient.get();
    if (!block.is_few()) {
        kernels_.linear_inputs(l, gradient, weights + stage.weights, out, block.groups, block.all_lanes());
        return;
    }
    kernels_.few_inputs(l, gradient, block.images, weights + stage.weights, back_.get());
    const float* rows[cell];
    for (int i = 0; i < cell; ++i) {
        rows[i] = i < block.images ? back_.get() + static_cast<std::size_t>(i) * l.inputs : zeros_.get();
    }
    kernels_.to_cells(rows, 0, l.inputs, out, cell);
}

void Net::linear_backward(const float* weights, std::size_t number, const Block& block, float* gradients, bool sums,
                          const Update* update) {
    const Stage& stage = plan_.stages[number];
    const Linear& l = stage.linear;
    const bool last = number + 1 == plan_.stages.size();
    const std::size_t stride = static_cast<std::size_t>(block.groups) * cell;
    float* gradient = last ? outputs_.get() : work_[number + 1].input_gradient.get();
    if (block.training && stage.dropout > 0) {
        kernels_.multiply(gradient, work_[number].factors.get(), l.outputs * stride);
    }
    if (l.relu) {
        kernels_.close(gradient, work_[number + 1].input.get(), l.outputs * stride);
    }
    if (number > 0) {
        input_gradients(weights, number, block, gradient);
    }
    const float* const* rows = linear_rows(number, block);
    const auto all_weights = [&](const float* from, float* to, Into into, float rate) {
        if (block.is_few()) {
            kernels_.few_weights(l, gradient, rows, block.images, from, to, into, rate);
        } else {
            kernels_.linear_weights(l, gradient, block.groups, rows, block.images, 0, l.outputs, from, to, into, rate);
        }
    };
    if (update == nullptr) {
        float* to = gradients + stage.weights;
        all_weights(to, to, sums ? Into::sum : Into::fresh, 0);
    } else if (update->is_plain()) {
        all_weights(update->from() + stage.weights, update->weights() + stage.weights, Into::weights, update->negative_rate());
    } else {
        float* some = some_gradients_.get();
        for (int first = 0; first < l.outputs; first += linear_block) {
            const int count = std::min(linear_block, l.outputs - first);
            kernels_.linear_weights(l, gradient, block.groups, rows, block.images, first, count, some, some, Into::fresh, 0);
            update->take(stage.weights + static_cast<std::size_t>(first) * l.inputs, some,
                         static_cast<std::size_t>(count) * l.inputs);
        }
    }
    if (!stage.has_bias) {
        return;
    }
    float* biases = some_gradients_.get();
    kernels_.sums_of_images(gradient, l.outputs, block.groups, block.images, biases);
    if (update != nullptr) {
        update->take(stage.bias(), biases, l.outputs);
    } else {
        put(biases, l.outputs, sums, gradients + stage.bias());
    }
}

void Net::convolution_backward(const float* weights, std::size_t number, const Block& block, int group) {
    const Stage& stage = plan_.stages[number];
    const Convolution& c = stage.convolution;
    Work& work = work_[number];
    const Map gradient = result_gradient(number, group, block.groups);
    if (block.training && stage.dropout > 0) {
        multiply_map(c, gradient, work.factors.get() + group * cell, static_cast<std::size_t>(block.groups) * cell);
    }
    if (c.is_wide()) {
        wide_backward(number, block, group, gradient);
        return;
    }
    float* sums_gradient = work.gradient.get();
    const auto* winners = reinterpret_cast<const std::int32_t*>(work.winners.get());
    kernels_.spread(c, gradient, result(number, group, block.groups),
                    c.pool ? winners + group * c.result_cells() * cell : nullptr, sums_gradient, block.lanes(group));
    if (number > 0) {
        kernels_.input_gradients(c, sums_gradient, weights + stage.weights, work.input_gradient.get(), block.lanes(group));
    }
    float* sums = work.sums.get();
    kernels_.weight_gradients(c, work.input.get() + group * c.input_cells() * cell, sums_gradient, sums,
                              sums + stage.weight_count() * cell, block.lanes(group));
}

/** Takes the gradients of a convolution's weights out of the lanes. */
void Net::give(std::size_t number, float* gradients, bool sums, const Update* update) {
    const Stage& stage = plan_.stages[number];
    const std::size_t count = stage.end() - stage.weights;
    float* some = some_gradients_.get();
    if (stage.convolution.is_wide()) {
        turn_back(stage, work_[number].sums.get(), some);
    } else {
        kernels_.sums_of_cells(work_[number].sums.get(), count, some);
    }
    if (update != nullptr) {
        update->take(stage.weights, some, count);
    } else {
        put(some, count, sums, gradients + stage.weights);
    }
}

/** Finds the gradient of a batch: takes the step if there is an update, else writes it to `gradients`. */
void Net::batch(const float* weights, const Samples& samples, std::int64_t first, std::int64_t images, std::int64_t step,
                bool training, float* gradients, const Update* update) {
    const float share = 1.0f / static_cast<float>(images);
    turn_all(weights);
    for (std::int64_t done = 0; done < images; done += block_images) {
        const auto now = static_cast<int>(std::min<std::int64_t>(block_images, images - done));
        const Block block = {&samples, first + done, now, (now + cell - 1) / cell, step, done, training};
        forward(weights, block);
        backward(weights, block, share, gradients, done > 0, update);
    }
}

void Net::train(const float* from, float* weights, const Samples& samples, const std::int64_t* lengths, const double* rates,
                int steps, const Training& training) {
    if (from != weights && !(steps > 0 && training.is_plain() && lengths[0] <= block_images)) {
        std::copy_n(from, plan_.parameters, weights);
        from = weights;
    }
    std::int64_t first = 0;
    for (int s = 0; s < steps; ++s) {
        const Update update(training, from, weights, training.steps + s + 1, rates[s], optimizers_);
        const std::int64_t step = samples.step + s;
        if (s + 1 < steps) {
            fetch(samples, first + lengths[s], lengths[s + 1]);
        }
        if (lengths[s] <= block_images && !training.limits_norm()) {
            batch(from, samples, first, lengths[s], step, true, nullptr, &update);
        } else {
            float* gradients = gradients_.sized(plan_.parameters);
            batch(weights, samples, first, lengths[s], step, true, gradients, nullptr);
            update.complete(0, gradients, plan_.parameters);
            update.take_complete(0, gradients, plan_.parameters, scale(gradients, training.most_norm));
        }
        first += lengths[s];
        from = weights;
    }
}

/** Returns what clip_grad_norm_ multiplies gradients by. */
double Net::scale(const float* gradients, double most_norm) const {
    if (std::isinf(most_norm)) {
        return 1;
    }
    double squares = 0;
    for (const Stage& stage : plan_.stages) {
        squares += optimizers_.sum_squares(gradients + stage.weights, static_cast<std::int64_t>(stage.weight_count()));
        if (stage.has_bias) {
            squares += optimizers_.sum_squares(gradients + stage.bias(), stage.outputs());
        }
    }
    const auto norm = static_cast<float>(std::sqrt(squares));
    const float scale = 1 / (norm + 1e-6f) * static_cast<float>(most_norm);
    return scale > 1.0f ? 1.0 : static_cast<double>(scale);
}

void Net::gradient(const float* weights, float* gradients, const Samples& samples, bool training) {
    float* fresh = gradients_.sized(plan_.parameters);
    batch(weights, samples, 0, samples.count, samples.step, training, fresh, nullptr);
    put(fresh, plan_.parameters, true, gradients);
}

/** Computes the outputs of all images, block by block: part(first, images, cells, floats between classes). */
template <typename Part>
void Net::each_output(const float* weights, const Samples& samples, const Part& part) {
    turn_all(weights);
    for (std::int64_t first = 0; first < samples.count; first += block_images) {
        const auto now = static_cast<int>(std::min<std::int64_t>(block_images, samples.count - first));
        const Block block = {&samples, first, now, (now + cell - 1) / cell, 0, 0, false};
        forward(weights, block);
        part(first, now, outputs_.get(), static_cast<std::size_t>(block.groups) * cell);
    }
}

std::int64_t Net::score(const float* weights, const Samples& samples, double* losses) {
    std::int64_t hits = 0;
    each_output(weights, samples, [&](std::int64_t first, int images, const float* z, std::size_t stride) {
        for (int n = 0; n < images; ++n) {
            const std::int64_t label = samples.labels[samples.order[first + n]];
            const double loss = cross_entropy(z + n, classes(), stride, label);
            losses[0] += loss;
            losses[1] += loss * loss;
            hits += greatest(z + n, classes(), stride) == label ? 1 : 0;
        }
    });
    return hits;
}

void Net::outputs(const float* weights, const Samples& samples, float* rows) {
    each_output(weights, samples, [&](std::int64_t first, int images, const float* z, std::size_t stride) {
        for (int n = 0; n < images; ++n) {
            for (int c = 0; c < classes(); ++c) {
                rows[(first + n) * classes() + c] = z[c * stride + n];
            }
        }
    });
}

}  // namespace bfl::step
