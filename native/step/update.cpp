#include "update.h"

#include <algorithm>
#include <cmath>

namespace bfl::step {
namespace {

constexpr std::size_t piece = 1024;

/** Calls `part(from, to)` for what ranges leave of a range. */
template <typename Part>
void outside(const std::vector<std::pair<std::size_t, std::size_t>>& ranges, std::size_t from, std::size_t to,
             const Part& part) {
    for (const auto& range : ranges) {
        if (range.first >= to) {
            break;
        }
        if (range.second > from) {
            if (range.first > from) {
                part(from, range.first);
            }
            from = range.second;
        }
    }
    if (from < to) {
        part(from, to);
    }
}

}  // namespace

bool Training::limits_norm() const { return !std::isinf(most_norm); }

bool Training::is_plain() const {
    return !adam && momentum == 0 && weight_decay == 0 && !adds() && frozen.empty() && !limits_norm();
}

Update::Update(const Training& training, const float* from, float* weights, std::int64_t number, double rate,
               const StepKernels& kernels)
    : training_(training), from_(from), weights_(weights), number_(number), rate_(rate), kernels_(kernels) {}

void Update::take(std::size_t offset, float* gradients, std::size_t count) const {
    if (from_ != weights_) {
        std::copy_n(from_ + offset, count, weights_ + offset);
    }
    complete(offset, gradients, count);
    take_complete(offset, gradients, count, 1);
}

void Update::complete(std::size_t offset, float* gradients, std::size_t count) const {
    if (training_.adds()) {
        float added[piece];
        for (std::size_t i = 0; i < count; i += piece) {
            const std::size_t part = std::min(piece, count - i);
            const float* terms = training_.constant == nullptr ? nullptr : training_.constant + offset + i;
            if (training_.anchor != nullptr) {
                kernels_.pull(added, terms, static_cast<float>(training_.pull), weights_ + offset + i,
                              training_.anchor + offset + i, static_cast<std::int64_t>(part));
                terms = added;
            }
            std::transform(terms, terms + part, gradients + i, gradients + i, [](float a, float b) { return a + b; });
        }
    }
    std::size_t next = offset;
    outside(training_.frozen, offset, offset + count, [&](std::size_t from, std::size_t to) {
        std::fill(gradients + (next - offset), gradients + (from - offset), 0.0f);
        next = to;
    });
    std::fill(gradients + (next - offset), gradients + count, 0.0f);
}

void Update::take_complete(std::size_t offset, const float* gradients, std::size_t count, double scale) const {
    outside(training_.frozen, offset, offset + count, [&](std::size_t from, std::size_t to) {
        step(from, gradients + (from - offset), to - from, scale);
    });
}

void Update::step(std::size_t offset, const float* gradients, std::size_t count, double scale) const {
    const Training& t = training_;
    const auto elements = static_cast<std::int64_t>(count);
    if (t.adam) {
        kernels_.adam(weights_ + offset, gradients, t.first + offset, t.second + offset, elements,
                      adam_step(scale, rate_, t.momentum, t.dampening, t.eps, t.weight_decay, number_, t.decoupled));
    } else {
        kernels_.sgd(weights_ + offset, gradients, t.momentum == 0 ? nullptr : t.first + offset, elements,
                     sgd_step(scale, rate_, t.momentum, t.dampening, t.weight_decay, t.decoupled, t.nesterov,
                              number_ == 1));
    }
}

}  // namespace bfl::step
