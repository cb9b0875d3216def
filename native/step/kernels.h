/* The kernels of each vector width, behind one table. */
#pragma once

#include <cstddef>
#include <cstdint>

#include "shapes.h"

namespace bfl::step {

/** A linear layer, with ReLU in the same pass. */
struct Linear {
    int inputs;
    int outputs;
    bool relu;
};

/** The outputs whose weights' gradients are computed together. */
constexpr int linear_block = 6;

/** What becomes of the gradients of a linear layer's weights. */
enum class Into {
    fresh,    // written
    sum,      // added to `from`, in the order of the images
    weights,  // multiplied by a rate, and added to the weights at `from`
};

/**
 * `lanes` is how many of a cell's, or of a feature's, images count: a multiple of 8. Cells are aligned to their size; weights and
 * rows of images may lie anywhere. What each does is said where it is.
 */
struct Kernels {
    const char* name;
    int lanes;
    bool supported;
    void (*to_cells)(const float* const* rows, std::size_t from, int count, float* cells, std::size_t stride);
    void (*to_rows)(const float* x, int features, int groups, float* rows);
    void (*forward)(const Convolution& c, const float* x, const float* weights, const float* bias, const Map& out,
                    std::int32_t* winners, int lanes);
    void (*spread)(const Convolution& c, const Map& gradient, const Map& result, const std::int32_t* winners, float* sums,
                   int lanes);
    void (*weight_gradients)(const Convolution& c, const float* x, const float* gradient, float* sums, float* bias_sums,
                             int lanes);
    void (*input_gradients)(const Convolution& c, const float* gradient, const float* weights, float* out, int lanes);
    void (*to_images)(const Map& map, int channels, int rows, int columns, int images, float* out);
    void (*from_images)(const float* in, int channels, int rows, int columns, int images, const Map& map);
    void (*wide_forward)(const Convolution& c, const float* x, const float* weights, const float* bias, float* sums,
                         float* out, std::int32_t* winners);
    void (*wide_spread)(const Convolution& c, const float* gradient, const float* result, const std::int32_t* winners,
                        float* sums);
    void (*wide_inputs)(const Convolution& c, const float* gradient, const float* weights, const float* zeros, float* out);
    void (*wide_weights)(const Convolution& c, const float* x, const float* gradient, float* sums, float* bias_sums);
    void (*linear)(const Linear& l, const float* x, const float* weights, const float* bias, float* out, int groups,
                   int lanes);
    void (*linear_inputs)(const Linear& l, const float* gradient, const float* weights, float* out, int groups, int lanes);
    void (*linear_weights)(const Linear& l, const float* gradient, int groups, const float* const* inputs, int images,
                           int first, int count, const float* from, float* target, Into into, float rate);
    void (*few)(const Linear& l, const float* const* x, int images, const float* weights, const float* bias, float* out);
    void (*few_inputs)(const Linear& l, const float* gradient, int images, const float* weights, float* out);
    void (*few_weights)(const Linear& l, const float* gradient, const float* const* inputs, int images, const float* from,
                        float* target, Into into, float rate);
    void (*close)(float* gradient, const float* output, std::size_t floats);
    void (*multiply)(float* values, const float* factors, std::size_t floats);
    void (*drop)(const std::uint32_t* keys, std::uint32_t first, int elements, std::uint32_t limit, float kept,
                 float* factors, std::size_t stride);
    void (*sums_of_cells)(const float* cells, std::size_t count, float* sums);
    void (*sums_of_images)(const float* x, int features, int groups, int images, float* sums);
    void (*cross_entropy)(float* outputs, int classes, int groups, const std::int64_t* labels, int images, float share);
};

const Kernels& avx512_kernels() noexcept;
const Kernels& avx2_kernels() noexcept;
const Kernels& plain_kernels() noexcept;

/** Returns the widest kernels that this processor has, of at most some lanes. */
const Kernels& kernels(int most_lanes) noexcept;

}  // namespace bfl::step
