/* What becomes of gradients: the step of an optimizer, or a sum. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../src/optimizer.h"

namespace bfl::step {

/** How local training takes its steps: the optimizer, what is added to gradients, and what stays as it is. */
struct Training {
    bool adam;
    double momentum;       // or beta1
    double dampening;      // or beta2
    double eps;
    double weight_decay;
    bool decoupled;
    bool nesterov;
    double most_norm;      // of all gradients together
    double pull;
    float* first;          // moments, or null
    float* second;
    std::int64_t steps;    // taken before
    const float* constant; // or null
    const float* anchor;   // or null
    std::vector<std::pair<std::size_t, std::size_t>> frozen;  // ranges of elements, ascending

    bool limits_norm() const;
    bool adds() const { return constant != nullptr || anchor != nullptr; }
    /** Whether a step is weights + (-rate) * gradient and nothing else. */
    bool is_plain() const;
};

/** Takes one step, a range of elements after the other. */
class Update {
public:
    /**
     * @param from where a plain step starts, or `weights`
     * @param number the step's, from 1
     * @param kernels those of the optimizers
     */
    Update(const Training& training, const float* from, float* weights, std::int64_t number, double rate,
           const StepKernels& kernels);

    /** Updates `count` weights from `offset` on; changes the gradients. */
    void take(std::size_t offset, float* gradients, std::size_t count) const;

    /** Adds what the training adds to gradients, and zeroes those of frozen elements. */
    void complete(std::size_t offset, float* gradients, std::size_t count) const;

    /** Updates as `take`, with complete gradients times `scale`. */
    void take_complete(std::size_t offset, const float* gradients, std::size_t count, double scale) const;

    bool is_plain() const { return training_.is_plain(); }
    const float* from() const { return from_; }
    float* weights() const { return weights_; }
    float negative_rate() const { return -static_cast<float>(rate_); }

private:
    void step(std::size_t offset, const float* gradients, std::size_t count, double scale) const;

    const Training& training_;
    const float* from_;
    float* weights_;
    std::int64_t number_;
    double rate_;
    const StepKernels& kernels_;
};

}  // namespace bfl::step
