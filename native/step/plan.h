/* What a declared net consists of: stages that each take one pass. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels.h"
#include "shapes.h"

namespace bfl::step {

/** A convolution or a linear layer, with what follows it up to the next one. */
struct Stage {
    bool is_convolution;
    Convolution convolution;
    Linear linear;
    double dropout;       // the probability of zeroing an element; 0 without dropout
    bool has_bias;
    std::size_t weights;  // where they lie in the vector of all parameters; the biases follow

    std::size_t weight_count() const {
        return is_convolution ? convolution.weights() : static_cast<std::size_t>(linear.outputs) * linear.inputs;
    }
    int outputs() const { return is_convolution ? convolution.outputs : linear.outputs; }
    std::size_t bias() const { return weights + weight_count(); }
    std::size_t end() const { return bias() + (has_bias ? static_cast<std::size_t>(outputs()) : 0); }
    /** How many elements it gives to the next stage for each image. */
    std::size_t results() const {
        return is_convolution ? convolution.result_cells() : static_cast<std::size_t>(linear.outputs);
    }
};

/** The stages of a net: convolutions first, then at least one linear layer. */
struct Plan {
    std::size_t sample;  // floats in a sample
    std::size_t parameters;
    int convolutions;
    std::vector<Stage> stages;
};

/** Reads layers as bfl_net_create describes them. Returns 0, or what that returns for them. */
int read_plan(const std::int64_t* layers, int count, std::int64_t channels, std::int64_t height, std::int64_t width,
              Plan& plan);

}  // namespace bfl::step
