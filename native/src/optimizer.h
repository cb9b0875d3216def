/* Kernels of optimizers' steps for each vector width. Tests compare their bits. */
#pragma once

#include <cstdint>

namespace bfl {

/** What a step of SGD does to each element; float32, as PyTorch's kernels take scalars. */
struct SgdStep {
    float scale;       // of gradients
    float rate;        // negative
    float kept;        // of weights, by decoupled decay; 1 without
    float decay;       // of weights into gradients, by coupled decay
    float momentum;
    float share;       // of gradients in the velocity: 1 - dampening
    bool coupled;
    bool nesterov;
    bool first;        // the velocity becomes the gradient
};

/** What a step of Adam does to each element. */
struct AdamStep {
    float scale;
    float rate;        // negative, divided by the first moment's correction
    float kept;
    float decay;
    float share1;      // of gradients in the first moment: 1 - beta1
    float beta2;
    float share2;      // of squares in the second moment: 1 - beta2
    float correction;  // divides the root of the second moment
    float eps;
    bool coupled;
};

/** Returns PyTorch's SGD with these settings; `first`: there is no velocity yet. */
SgdStep sgd_step(double scale, double rate, double momentum, double dampening, double weight_decay, bool decoupled,
                 bool nesterov, bool first) noexcept;

/** Returns PyTorch's Adam with these settings; `number` is the step's, from 1. */
AdamStep adam_step(double scale, double rate, double beta1, double beta2, double eps, double weight_decay,
                   std::int64_t number, bool decoupled) noexcept;

/** Takes a step of SGD; without momentum if `velocity` is null. */
using Sgd = void (*)(float* weights, const float* gradients, float* velocity, std::int64_t elements, const SgdStep& step);

using Adam = void (*)(float* weights, const float* gradients, float* first, float* second, std::int64_t elements,
                      const AdamStep& step);

/** gradients = constant + pull * (weights - anchor); a constant that is null counts as zeros. */
using Pull = void (*)(float* gradients, const float* constant, float pull, const float* weights, const float* anchor,
                      std::int64_t elements);

/** Returns the sum of squares in double: in each block of 65 536 elements in 8 lanes, then lanes and blocks in order. */
using SumSquares = double (*)(const float* x, std::int64_t elements);

/** The kernels of one vector width and whether this processor can run them. */
struct StepKernels {
    const char* name;
    bool supported;
    Sgd sgd;
    Adam adam;
    Pull pull;
    SumSquares sum_squares;
};

/** All widths, widest first. The last one runs on every processor. */
constexpr int step_widths = 3;
const StepKernels* step_table() noexcept;

}  // namespace bfl
