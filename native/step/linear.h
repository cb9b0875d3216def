/* The kernels of linear layers for one vector width: see vectors.h. Activations lie as [feature][groups of 16 images]. */
#pragma once

#include "kernels.h"
#include "vectors.h"

namespace bfl::step {
namespace {

/** How many sums a tile of rows and vectors has. */
constexpr int most_sums = many_registers ? 24 : 12;

/** Calls `part(width, vectors, lane)` for all lanes of a feature, one to three vectors at a time. */
template <typename Part>
BFL_INLINE void over_vectors(int lanes, const Part& part) {
    int left = lanes / widest_lanes;
    int lane = 0;
    while (left > 0) {
        if (left == 1) {
            part(std::integral_constant<int, widest_lanes>{}, std::integral_constant<int, 1>{}, lane);
            left -= 1;
            lane += widest_lanes;
        } else if (left == 3 || left > 4) {
            part(std::integral_constant<int, widest_lanes>{}, std::integral_constant<int, 3>{}, lane);
            left -= 3;
            lane += 3 * widest_lanes;
        } else {
            part(std::integral_constant<int, widest_lanes>{}, std::integral_constant<int, 2>{}, lane);
            left -= 2;
            lane += 2 * widest_lanes;
        }
    }
    if constexpr (widest_lanes > 8) {
        if (lane < lanes) {
            part(std::integral_constant<int, 8>{}, std::integral_constant<int, 1>{}, lane);
        }
    }
}

template <int Vectors>
constexpr int most_rows = most_sums / Vectors > 8 ? 8 : most_sums / Vectors;

/**
 * The inputs whose products are summed before they are added to a total: rounding errors grow with the length of sums, not
 * with that of rows.
 */
constexpr int chunk = 64;

/** Adds the products of a chunk of inputs to the sums of `Rows` outputs. */
template <int Lanes, int Vectors, int Rows>
BFL_INLINE void add_chunk(const float* x, std::size_t stride, int inputs, const float* weights, std::size_t row,
                          std::size_t column, Floats<Lanes> (&sums)[Rows][Vectors]) {
    for (int i = 0; i < inputs; ++i) {
        Floats<Lanes> values[Vectors];
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            values[v] = load<Lanes>(x + i * stride + v * Lanes);
        }
        BFL_UNROLL(8)
        for (int o = 0; o < Rows; ++o) {
            const Floats<Lanes> weight = all<Lanes>(weights[o * row + i * column]);
            BFL_UNROLL(4)
            for (int v = 0; v < Vectors; ++v) {
                sums[o][v] = fused<Lanes>(weight, values[v], sums[o][v]);
            }
        }
    }
}

/** A product of a matrix with the features of images: weight (o, i) lies at o * row + i * column. */
struct Product {
    int inputs;
    int outputs;
    std::size_t row;
    std::size_t column;
    bool relu;
};

/** Adds a chunk's products for some outputs, and finishes them with the last chunk. */
template <int Lanes, int Vectors, int Rows>
BFL_INLINE void product_tile(const Product& product, int from, const float* x, std::size_t stride, const float* weights,
                             const float* bias, float* out) {
    Floats<Lanes> sums[Rows][Vectors];
    for (int o = 0; o < Rows; ++o) {
        for (int v = 0; v < Vectors; ++v) {
            sums[o][v] = all<Lanes>(from > 0 || bias == nullptr ? 0.0f : bias[o]);
        }
    }
    const bool last = product.inputs - from <= chunk;
    add_chunk<Lanes, Vectors, Rows>(x + from * stride, stride, last ? product.inputs - from : chunk,
                                    weights + from * product.column, product.row, product.column, sums);
    BFL_UNROLL(8)
    for (int o = 0; o < Rows; ++o) {
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            float* to = out + o * stride + v * Lanes;
            const Floats<Lanes> sum = from > 0 ? load<Lanes>(to) + sums[o][v] : sums[o][v];
            store<Lanes>(to, last && product.relu ? (open<Lanes>(sum) ? sum : Floats<Lanes>{}) : sum);
        }
    }
}

/** Computes a product, chunk by chunk: the features of a chunk then stay in the first cache. */
BFL_INLINE void multiply_all(const Product& product, const float* x, const float* weights, const float* bias, float* out,
                             int groups, int lanes) {
    const std::size_t stride = static_cast<std::size_t>(groups) * cell;
    over_vectors(lanes, [&](auto width, auto vectors, int lane) {
        for (int from = 0; from < product.inputs; from += chunk) {
            in_steps<most_rows<vectors>, 4, 2, 1>(product.outputs, [&](auto rows, int first) {
                product_tile<width, vectors, rows>(product, from, x + lane, stride, weights + first * product.row,
                                                   bias == nullptr ? nullptr : bias + first, out + first * stride + lane);
            });
        }
    });
}

/** Computes a linear layer. */
void linear(const Linear& l, const float* x, const float* weights, const float* bias, float* out, int groups, int lanes) {
    multiply_all({l.inputs, l.outputs, static_cast<std::size_t>(l.inputs), 1, l.relu}, x, weights, bias, out, groups, lanes);
}

/** Computes the gradient of a linear layer's inputs: the product with the transposed weights. */
void linear_inputs(const Linear& l, const float* gradient, const float* weights, float* out, int groups, int lanes) {
    multiply_all({l.outputs, l.inputs, 1, static_cast<std::size_t>(l.inputs), false}, gradient, weights, nullptr, out, groups,
                 lanes);
}

/** The gradients of `Rows` times `Vectors` weights: what `into` says is done with them. */
template <int Lanes, int Vectors, int Rows>
BFL_APART void linear_weight_tile(const float* slopes, std::size_t stride, const float* const* inputs, int images, int at,
                                  const float* from, float* target, std::size_t row, Into into, float rate) {
    Floats<Lanes> sums[Rows][Vectors];
    BFL_UNROLL(8)
    for (int o = 0; o < Rows; ++o) {
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            sums[o][v] = into == Into::sum ? load_loose<Lanes>(from + o * row + v * Lanes) : Floats<Lanes>{};
        }
    }
    for (int n = 0; n < images; ++n) {
        const float* input = inputs[n] + at;
        Floats<Lanes> values[Vectors];
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            values[v] = load_loose<Lanes>(input + v * Lanes);
        }
        BFL_UNROLL(8)
        for (int o = 0; o < Rows; ++o) {
            const Floats<Lanes> slope = all<Lanes>(slopes[o * stride + n]);
            BFL_UNROLL(4)
            for (int v = 0; v < Vectors; ++v) {
                sums[o][v] = fused<Lanes>(slope, values[v], sums[o][v]);
            }
        }
    }
    const Floats<Lanes> rates = all<Lanes>(rate);
    BFL_UNROLL(8)
    for (int o = 0; o < Rows; ++o) {
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            const std::size_t place = o * row + v * Lanes;
            store_loose<Lanes>(target + place, into == Into::weights
                                                   ? fused<Lanes>(sums[o][v], rates, load_loose<Lanes>(from + place))
                                                   : sums[o][v]);
        }
    }
}

template <int Rows>
BFL_INLINE void linear_weight_rows(const Linear& l, const float* slopes, std::size_t stride, const float* const* inputs,
                                   int images, const float* from, float* target, Into into, float rate) {
    constexpr int vectors = most_sums / Rows > 4 ? 4 : most_sums / Rows;
    int i = 0;
    for (; i + vectors * widest_lanes <= l.inputs; i += vectors * widest_lanes) {
        linear_weight_tile<widest_lanes, vectors, Rows>(slopes, stride, inputs, images, i, from + i, target + i, l.inputs, into,
                                                        rate);
    }
    for (; i + widest_lanes <= l.inputs; i += widest_lanes) {
        linear_weight_tile<widest_lanes, 1, Rows>(slopes, stride, inputs, images, i, from + i, target + i, l.inputs, into, rate);
    }
    for (; i + 4 <= l.inputs; i += 4) {
        linear_weight_tile<4, 1, Rows>(slopes, stride, inputs, images, i, from + i, target + i, l.inputs, into, rate);
    }
    for (; i < l.inputs; ++i) {
        for (int o = 0; o < Rows; ++o) {
            const std::size_t place = static_cast<std::size_t>(o) * l.inputs + i;
            float sum = into == Into::sum ? from[place] : 0.0f;
            for (int n = 0; n < images; ++n) {
                sum = __builtin_fmaf(slopes[o * stride + n], inputs[n][i], sum);
            }
            target[place] = into == Into::weights ? __builtin_fmaf(sum, rate, from[place]) : sum;
        }
    }
}

/** Computes the gradients of the weights of outputs from `first` on, into rows at `target`, which may be those at `from`. */
void linear_weights(const Linear& l, const float* gradient, int groups, const float* const* inputs, int images, int first,
                    int count, const float* from, float* target, Into into, float rate) {
    const std::size_t stride = static_cast<std::size_t>(groups) * cell;
    in_steps<linear_block, 4, 2, 1>(count, [&](auto rows, int o) {
        const std::size_t place = static_cast<std::size_t>(o) * l.inputs;
        linear_weight_rows<rows>(l, gradient + (first + o) * stride, stride, inputs, images, from + place, target + place, into,
                                 rate);
    });
}

}  // namespace
}  // namespace bfl::step
