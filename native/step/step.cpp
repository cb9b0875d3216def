// The functions of the ABI: they check everything before a net reads or writes anything.
#include <cerrno>
#include <cmath>
#include <new>

#include "../src/address.h"
#include "blazefl4j.h"
#include "net.h"

namespace {

using bfl::step::Net;
using bfl::step::Plan;
using bfl::step::Samples;
using bfl::step::Training;

constexpr std::int64_t most_layers = 1024;
constexpr std::int64_t most_rows = std::int64_t{1} << 48;  // or steps

bool is_vector(std::int64_t address) { return bfl::usable<float>(address); }

bool is_vector_or_none(std::int64_t address) { return address == 0 || is_vector(address); }

/** Reads the samples of a call. Returns 0, -EINVAL or -ERANGE. */
int read_samples(const Net& net, const std::int64_t* numbers, const std::int64_t* order, bool labelled, Samples& samples) {
    if (numbers == nullptr) {
        return -EINVAL;
    }
    const std::int64_t rows = numbers[1];
    const std::int64_t count = numbers[3];
    if (!is_vector(numbers[0]) || rows < 0 || rows > most_rows || count < 0 || count > most_rows || (order == nullptr && count > 0) ||
        (labelled && !bfl::usable<std::int64_t>(numbers[2])) || numbers[5] < 0 || numbers[5] > most_rows) {
        return -EINVAL;
    }
    samples = {bfl::at<const float>(numbers[0]),
               labelled ? bfl::at<const std::int64_t>(numbers[2]) : nullptr,
               order,
               count,
               static_cast<std::uint64_t>(numbers[4]),
               numbers[5]};
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t row = samples.order[i];
        if (row < 0 || row >= rows) {
            return -ERANGE;
        }
        if (labelled && (samples.labels[row] < 0 || samples.labels[row] >= net.classes())) {
            return -ERANGE;
        }
    }
    return 0;
}

bool is_share(double value) { return value >= 0 && value < 1; }

/** Reads rule, state and frozen ranges of bfl_net_train. Returns 0 or -EINVAL. */
int read_training(const Net& net, const double* rule, const std::int64_t* state, const std::int64_t* frozen, int ranges,
                  Training& training) {
    training = {rule[0] == 1,
                rule[1],
                rule[2],
                rule[3],
                rule[4],
                rule[5] != 0,
                rule[6] != 0,
                rule[7],
                rule[8],
                bfl::at<float>(state[0]),
                bfl::at<float>(state[1]),
                state[2],
                bfl::at<const float>(state[3]),
                bfl::at<const float>(state[4]),
                {}};
    const bool known = (rule[0] == 0 || rule[0] == 1) && is_share(rule[1]) && is_share(rule[2]) && std::isfinite(rule[3]) &&
                       std::isfinite(rule[4]) && rule[7] > 0 && std::isfinite(rule[8]) && state[2] >= 0 &&
                       state[2] <= most_rows;
    const bool aligned = is_vector_or_none(state[0]) && is_vector_or_none(state[1]) && is_vector_or_none(state[3]) &&
                         is_vector_or_none(state[4]);
    const bool moments = training.adam ? state[0] != 0 && state[1] != 0 : rule[1] == 0 || state[0] != 0;
    if (!known || !aligned || !moments || ranges < 0) {
        return -EINVAL;
    }
    std::int64_t end = 0;
    for (int i = 0; i < ranges; ++i) {
        const std::int64_t from = frozen[2 * i];
        const std::int64_t to = frozen[2 * i + 1];
        if (from < end || to < from || to > static_cast<std::int64_t>(net.plan().parameters)) {
            return -EINVAL;
        }
        training.frozen.emplace_back(from, to);
        end = to;
    }
    return 0;
}

bool are_steps(const std::int64_t* lengths, const double* rates, int steps, std::int64_t count) {
    std::int64_t total = 0;
    for (int s = 0; s < steps; ++s) {
        if (lengths[s] < 1 || lengths[s] > count - total || !std::isfinite(rates[s])) {
            return false;
        }
        total += lengths[s];
    }
    return steps >= 0 && total == count;
}

/** Does what may run out of memory. */
template <typename Work>
auto guarded(const Work& work) noexcept -> decltype(work()) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
}

}  // namespace

std::int64_t bfl_net_create(const std::int64_t* layers, std::int32_t count, std::int64_t channels, std::int64_t height,
                            std::int64_t width, std::int32_t lanes) noexcept {
    if (layers == nullptr || count < 0 || count > most_layers || lanes < 0) {
        return -EINVAL;
    }
    return guarded([&]() -> std::int64_t {
        Plan plan;
        const int result = bfl::step::read_plan(layers, count, channels, height, width, plan);
        if (result != 0) {
            return result;
        }
        return bfl::address_of(new Net(std::move(plan), bfl::step::kernels(lanes == 0 ? bfl::step::cell : lanes)));
    });
}

std::int32_t bfl_net_free(std::int64_t net) noexcept {
    if (!bfl::usable<Net>(net)) {
        return -EINVAL;
    }
    delete bfl::at<Net>(net);
    return 0;
}

std::int64_t bfl_net_parameters(std::int64_t net) noexcept {
    return bfl::usable<Net>(net) ? static_cast<std::int64_t>(bfl::at<const Net>(net)->plan().parameters) : -EINVAL;
}

std::int64_t bfl_net_outputs(std::int64_t net) noexcept {
    return bfl::usable<Net>(net) ? bfl::at<const Net>(net)->classes() : -EINVAL;
}

std::int32_t bfl_net_train(std::int64_t net, std::int64_t from, std::int64_t weights, const std::int64_t* samples,
                           const std::int64_t* order, const std::int64_t* lengths, const double* rates, std::int32_t steps,
                           const double* rule, const std::int64_t* state, const std::int64_t* frozen,
                           std::int32_t frozen_ranges) noexcept {
    if (!bfl::usable<Net>(net) || !is_vector(from) || !is_vector(weights) ||
        (steps > 0 && (lengths == nullptr || rates == nullptr)) || rule == nullptr || state == nullptr || (frozen == nullptr && frozen_ranges != 0)) {
        return -EINVAL;
    }
    Net& used = *bfl::at<Net>(net);
    const auto bytes = static_cast<std::int64_t>(used.plan().parameters * sizeof(float));
    if (from != weights && from < weights + bytes && weights < from + bytes) {
        return -EINVAL;
    }
    return guarded([&]() -> int {
        Samples read;
        Training training;
        int result = read_samples(used, samples, order, true, read);
        if (result == 0) {
            result = read_training(used, rule, state, frozen, frozen_ranges, training);
        }
        if (result == 0 && !are_steps(lengths, rates, steps, read.count)) {
            result = -EINVAL;
        }
        if (result == 0) {
            used.train(bfl::at<const float>(from), bfl::at<float>(weights), read, lengths, rates, steps, training);
        }
        return result;
    });
}

std::int32_t bfl_net_gradient(std::int64_t net, std::int64_t weights, std::int64_t gradients, const std::int64_t* samples,
                              const std::int64_t* order, std::int32_t training) noexcept {
    if (!bfl::usable<Net>(net) || !is_vector(weights) || !is_vector(gradients)) {
        return -EINVAL;
    }
    Net& used = *bfl::at<Net>(net);
    return guarded([&]() -> int {
        Samples read;
        int result = read_samples(used, samples, order, true, read);
        if (result == 0 && read.count == 0) {
            result = -EINVAL;
        }
        if (result == 0) {
            used.gradient(bfl::at<const float>(weights), bfl::at<float>(gradients), read, training != 0);
        }
        return result;
    });
}

std::int64_t bfl_net_score(std::int64_t net, std::int64_t weights, const std::int64_t* samples, const std::int64_t* order,
                           double* losses) noexcept {
    if (!bfl::usable<Net>(net) || !is_vector(weights) || losses == nullptr) {
        return -EINVAL;
    }
    Net& used = *bfl::at<Net>(net);
    return guarded([&]() -> std::int64_t {
        Samples read;
        const int result = read_samples(used, samples, order, true, read);
        return result != 0 ? result : used.score(bfl::at<const float>(weights), read, losses);
    });
}

std::int32_t bfl_net_forward(std::int64_t net, std::int64_t weights, const std::int64_t* samples, const std::int64_t* order,
                             std::int64_t outputs) noexcept {
    if (!bfl::usable<Net>(net) || !is_vector(weights) || !is_vector(outputs)) {
        return -EINVAL;
    }
    Net& used = *bfl::at<Net>(net);
    return guarded([&]() -> int {
        Samples read;
        const int result = read_samples(used, samples, order, false, read);
        if (result == 0) {
            used.outputs(bfl::at<const float>(weights), read, bfl::at<float>(outputs));
        }
        return result;
    });
}

const char* bfl_net_kernels(void) noexcept { return bfl::step::kernels(bfl::step::cell).name; }
