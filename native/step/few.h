/*
 * The kernels of linear layers of at most 16 images, for one vector width: see vectors.h. Here lanes are inputs, so that
 * vectors are full however few the images are.
 */
#pragma once

#include <cstring>

#include "linear.h"

namespace bfl::step {
namespace {

/** The most images of a tile. */
constexpr int tile_images = 8;

/** The most outputs of a tile. */
constexpr int tile_outputs = 8;

/** Returns the outputs of a tile of so many images: their sums, their weights and a vector of an image are in registers. */
constexpr int outputs_of_tile(int images) {
    const int fit = many_registers ? 30 / (images + 1) : most_sums / images;
    return fit < tile_outputs ? fit : tile_outputs;
}

template <int Most, typename Part>
BFL_INLINE void with_size(int size, const Part& part) {
    if (size == Most) {
        part(std::integral_constant<int, Most>{});
    } else if constexpr (Most > 1) {
        with_size<Most - 1>(size, part);
    }
}

/** Returns the images of a tile, so that all tiles are about as large as each other. */
BFL_INLINE int images_of_tile(int images) {
    const int tiles = (images + tile_images - 1) / tile_images;
    return (images + tiles - 1) / tiles;
}

/** Calls `part(count, first)` for tiles of images. */
template <typename Part>
BFL_INLINE void over_images(int images, const Part& part) {
    const int most = images_of_tile(images);
    for (int first = 0; first < images; first += most) {
        with_size<tile_images>(images - first < most ? images - first : most, [&](auto count) { part(count, first); });
    }
}

/** The inputs of a chunk: those of 16 images and of a tile's outputs lie in the first cache. */
constexpr int few_inputs_chunk = 1024;

/** The share of slopes up to which it pays to leave zeros out: what is left shares fewer loads. */
constexpr double most_active = 0.8;

/** The sums of 16 lanes for a tile's outputs and images. */
using FewSums = float[tile_outputs][cell][cell];

/** Adds the products of some inputs, a multiple of 16, 16 at a time. */
template <int Outputs, int Images>
BFL_APART void few_tile(const float* const* x, int from, int to, const float* weights, std::size_t row, int o, int n,
                        FewSums& sums) {
    for (int lane = 0; lane < cell; lane += widest_lanes) {
        Floats<widest_lanes> parts[Outputs][Images];
        BFL_UNROLL(8)
        for (int k = 0; k < Outputs; ++k) {
            BFL_UNROLL(8)
            for (int image = 0; image < Images; ++image) {
                parts[k][image] = from > 0 ? load<widest_lanes>(sums[o + k][n + image] + lane) : Floats<widest_lanes>{};
            }
        }
        for (int i = from + lane; i < to; i += cell) {
            Floats<widest_lanes> values[Outputs];
            BFL_UNROLL(8)
            for (int k = 0; k < Outputs; ++k) {
                values[k] = load_loose<widest_lanes>(weights + (o + k) * row + i);
            }
            BFL_UNROLL(8)
            for (int image = 0; image < Images; ++image) {
                const Floats<widest_lanes> pixels = load_loose<widest_lanes>(x[n + image] + i);
                BFL_UNROLL(8)
                for (int k = 0; k < Outputs; ++k) {
                    parts[k][image] = fused<widest_lanes>(values[k], pixels, parts[k][image]);
                }
            }
        }
        BFL_UNROLL(8)
        for (int k = 0; k < Outputs; ++k) {
            BFL_UNROLL(8)
            for (int image = 0; image < Images; ++image) {
                store<widest_lanes>(sums[o + k][n + image] + lane, parts[k][image]);
            }
        }
    }
}

/** Adds the products of the inputs that fill no 16 lanes. */
BFL_INLINE void few_rest(const float* x, int from, int to, const float* weights, float* lanes) {
    int i = from;
    for (; i + 4 <= to; i += 4, lanes += 4) {
        store<4>(lanes, fused<4>(load_loose<4>(weights + i), load_loose<4>(x + i), load<4>(lanes)));
    }
    for (; i < to; ++i, ++lanes) {
        *lanes = __builtin_fmaf(weights[i], x[i], *lanes);
    }
}

/** Computes a linear layer: a cell for each output. Beyond the images are any numbers. */
void few(const Linear& l, const float* const* x, int images, const float* weights, const float* bias, float* out) {
    alignas(64) FewSums sums{};
    const int whole = l.inputs / cell * cell;
    const auto row = static_cast<std::size_t>(l.inputs);
    // A tile of outputs goes through all images, which find its weights in the first cache.
    const int most = outputs_of_tile(images_of_tile(images));
    for (int first = 0; first < l.outputs; first += most, weights += most * row) {
        const int outputs = l.outputs - first < most ? l.outputs - first : most;
        if (whole == 0) {
            std::memset(sums, 0, sizeof sums);  // each product is one of the rest
        }
        for (int from = 0; from < whole; from += few_inputs_chunk) {
            const int to = whole - from < few_inputs_chunk ? whole : from + few_inputs_chunk;
            over_images(images, [&](auto count, int n) {
                in_steps<outputs_of_tile(count), 4, 2, 1>(
                    outputs, [&](auto rows, int o) { few_tile<rows, count>(x, from, to, weights, row, o, n, sums); });
            });
        }
        for (int o = 0; o < outputs; ++o) {
            for (int n = 0; whole < l.inputs && n < images; ++n) {
                few_rest(x[n], whole, l.inputs, weights + o * row, sums[o][n]);
            }
            float* to = out + (first + o) * cell;
            for (int n = 0; n < images; n += 4) {
                const Floats4 sum = sums_of_4_cells(sums[o][n]) + all<4>(bias[first + o]);
                store<4>(to + n, l.relu ? (open<4>(sum) ? sum : Floats4{}) : sum);
            }
        }
    }
}

/** Adds the products of a chunk of outputs to the gradients of some inputs. */
template <int Lanes, int Vectors, int Images>
BFL_INLINE void few_inputs_tile(const Linear& l, int from, int to, const float* gradient, const float* weights, float* out) {
    Floats<Lanes> sums[Images][Vectors] = {};
    for (int o = from; o < to; ++o) {
        Floats<Lanes> row[Vectors];
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            row[v] = load_loose<Lanes>(weights + static_cast<std::size_t>(o) * l.inputs + v * Lanes);
        }
        BFL_UNROLL(8)
        for (int n = 0; n < Images; ++n) {
            const Floats<Lanes> slope = all<Lanes>(gradient[o * cell + n]);
            BFL_UNROLL(4)
            for (int v = 0; v < Vectors; ++v) {
                sums[n][v] = fused<Lanes>(slope, row[v], sums[n][v]);
            }
        }
    }
    for (int n = 0; n < Images; ++n) {
        for (int v = 0; v < Vectors; ++v) {
            float* at = out + static_cast<std::size_t>(n) * l.inputs + v * Lanes;
            store_loose<Lanes>(at, from > 0 ? load_loose<Lanes>(at) + sums[n][v] : sums[n][v]);
        }
    }
}

template <int Lanes, int Vectors>
BFL_INLINE void few_inputs_columns(const Linear& l, const float* gradient, int images, const float* weights, float* out) {
    for (int from = 0; from < l.outputs; from += chunk) {
        const int to = l.outputs - from < chunk ? l.outputs : from + chunk;
        over_images(images, [&](auto count, int first) {
            in_steps<(most_rows<count> < Vectors ? most_rows<count> : Vectors), 2, 1>(Vectors, [&](auto vectors, int v) {
                few_inputs_tile<Lanes, vectors, count>(l, from, to, gradient + first, weights + v * Lanes,
                                                       out + static_cast<std::size_t>(first) * l.inputs + v * Lanes);
            });
        });
    }
}

/** Computes the gradient of a linear layer's inputs: a row for each image. */
void few_inputs(const Linear& l, const float* gradient, int images, const float* weights, float* out) {
    int i = 0;
    for (; i + 4 * widest_lanes <= l.inputs; i += 4 * widest_lanes) {
        few_inputs_columns<widest_lanes, 4>(l, gradient, images, weights + i, out + i);
    }
    for (; i + widest_lanes <= l.inputs; i += widest_lanes) {
        few_inputs_columns<widest_lanes, 1>(l, gradient, images, weights + i, out + i);
    }
    for (; i + 4 <= l.inputs; i += 4) {
        few_inputs_columns<4, 1>(l, gradient, images, weights + i, out + i);
    }
    for (; i < l.inputs; ++i) {
        for (int n = 0; n < images; ++n) {
            float sum = 0;
            for (int from = 0; from < l.outputs; from += chunk) {
                float part = 0;
                for (int o = from; o < l.outputs && o < from + chunk; ++o) {
                    part = __builtin_fmaf(gradient[o * cell + n], weights[static_cast<std::size_t>(o) * l.inputs + i], part);
                }
                sum = from > 0 ? sum + part : part;
            }
            out[static_cast<std::size_t>(n) * l.inputs + i] = sum;
        }
    }
}

/** Returns whether numbers are neither infinite nor NaN. */
BFL_INLINE bool are_finite(const float* x, int count) {
    Floats<widest_lanes> zeros = {};
    int i = 0;
    for (; i + widest_lanes <= count; i += widest_lanes) {
        zeros += load_loose<widest_lanes>(x + i) * 0.0f;
    }
    float sum = 0;
    for (int lane = 0; lane < widest_lanes; ++lane) {
        sum += zeros[lane];
    }
    for (; i < count; ++i) {
        sum += x[i] * 0.0f;
    }
    return sum == 0;
}

/** The outputs that are sorted together. */
constexpr int sorted_outputs = 256;

/** The outputs' images that count in the gradients of their weights, as bits, and the outputs by the number of these. */
struct Sorted {
    std::uint16_t images[sorted_outputs];
    std::uint8_t outputs[sorted_outputs];
    int ends[cell + 2] = {};  // where the outputs of so many images end
    int all = 0;

    Sorted(const float* gradient, int count, int images_of_batch, unsigned always) {
        const unsigned of_batch = (1u << images_of_batch) - 1;
        for (int o = 0; o < count; ++o) {
            const unsigned bits = (nonzeros(gradient + o * cell) | always) & of_batch;
            images[o] = static_cast<std::uint16_t>(bits);
            all += __builtin_popcount(bits);
            ++ends[__builtin_popcount(bits) + 1];
        }
        for (int n = 0; n < cell; ++n) {
            ends[n + 1] += ends[n];
        }
        for (int o = 0; o < count; ++o) {
            outputs[ends[__builtin_popcount(images[o])]++] = static_cast<std::uint8_t>(o);
        }
    }
};

/** Gradients of weights, and what becomes of them. */
struct WeightGradients {
    const float* slopes;         // a cell for each output
    const float* const* inputs;
    std::size_t row;             // the weights of an output
    const float* from;
    float* target;
    Into into;
    float rate;
};

/** Takes the gradients of some weights of an output, which are the products of its images' slopes and inputs. */
template <int Lanes, int Vectors, int Images>
BFL_INLINE int few_weight_tiles(const float* slopes, const float* const* inputs, int i, int to, const WeightGradients& g,
                                std::size_t start) {
    const float* from = g.from + start;
    float* target = g.target + start;
    const Floats<Lanes> rates = all<Lanes>(g.rate);
    Floats<Lanes> factors[Images + 1];
    BFL_UNROLL(16)
    for (int n = 0; n < Images; ++n) {
        factors[n] = all<Lanes>(slopes[n]);
    }
    for (; i + Vectors * Lanes <= to; i += Vectors * Lanes) {
        Floats<Lanes> sums[Vectors];
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            sums[v] = g.into == Into::sum ? load_loose<Lanes>(from + i + v * Lanes) : Floats<Lanes>{};
        }
        BFL_UNROLL(16)
        for (int n = 0; n < Images; ++n) {
            BFL_UNROLL(4)
            for (int v = 0; v < Vectors; ++v) {
                sums[v] = fused<Lanes>(factors[n], load_loose<Lanes>(inputs[n] + i + v * Lanes), sums[v]);
            }
        }
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            const int at = i + v * Lanes;
            store_loose<Lanes>(target + at,
                               g.into == Into::weights ? fused<Lanes>(sums[v], rates, load_loose<Lanes>(from + at)) : sums[v]);
        }
    }
    return i;
}

/**
 * Takes the gradients of the weights of outputs that have as many images each, so that no loop is longer than another. Has its
 * own copy of `g`, which no store can change.
 */
template <int Images>
BFL_APART void few_weight_rows(const Sorted& sorted, int first, int last, int begin, int end, const WeightGradients g) {
    for (int k = first; k < last; ++k) {
        const int o = sorted.outputs[k];
        float slopes[Images + 1];
        const float* inputs[Images + 1];
        unsigned images = sorted.images[o];
        BFL_UNROLL(16)
        for (int n = 0; n < Images; ++n, images &= images - 1) {
            const int image = __builtin_ctz(images);
            slopes[n] = g.slopes[o * cell + image];
            inputs[n] = g.inputs[image];
        }
        const std::size_t start = o * g.row;
        int i = few_weight_tiles<widest_lanes, 4, Images>(slopes, inputs, begin, end, g, start);
        i = few_weight_tiles<widest_lanes, 1, Images>(slopes, inputs, i, end, g, start);
        i = few_weight_tiles<4, 1, Images>(slopes, inputs, i, end, g, start);
        for (; i < end; ++i) {
            const float before = g.from[start + i];
            float sum = g.into == Into::sum ? before : 0.0f;
            for (int n = 0; n < Images; ++n) {
                sum = __builtin_fmaf(slopes[n], inputs[n][i], sum);
            }
            g.target[start + i] = g.into == Into::weights ? __builtin_fmaf(sum, g.rate, before) : sum;
        }
    }
}

template <int Images>
BFL_INLINE void few_weight_sizes(const Sorted& sorted, int begin, int end, const WeightGradients& g) {
    const int first = Images == 0 ? 0 : sorted.ends[Images - 1];
    const bool changes = Images > 0 || g.from != g.target || g.into == Into::fresh;
    if (changes && first < sorted.ends[Images]) {
        few_weight_rows<Images>(sorted, first, sorted.ends[Images], begin, end, g);
    }
    if constexpr (Images < cell) {
        few_weight_sizes<Images + 1>(sorted, begin, end, g);
    }
}

/** Does what linear_weights does, if many slopes are zero, as behind ReLU: their products with finite inputs are left out. */
void few_weights(const Linear& l, const float* gradient, const float* const* inputs, int images, const float* from,
                 float* target, Into into, float rate) {
    unsigned infinite = 0;
    for (int n = 0; n < images; ++n) {
        infinite |= (are_finite(inputs[n], l.inputs) ? 0u : 1u) << n;
    }
    const auto row = static_cast<std::size_t>(l.inputs);
    for (int done = 0; done < l.outputs; done += sorted_outputs, from += sorted_outputs * row, target += sorted_outputs * row) {
        const int outputs = l.outputs - done < sorted_outputs ? l.outputs - done : sorted_outputs;
        const float* slopes = gradient + static_cast<std::size_t>(done) * cell;
        const Sorted sorted(slopes, outputs, images, infinite);
        if (sorted.all > images * outputs * most_active) {
            linear_weights(l, slopes, 1, inputs, images, 0, outputs, from, target, into, rate);
            continue;
        }
        const WeightGradients gradients = {slopes, inputs, row, from, target, into, rate};
        for (int begin = 0; begin < l.inputs; begin += few_inputs_chunk) {
            const int end = l.inputs - begin < few_inputs_chunk ? l.inputs : begin + few_inputs_chunk;
            few_weight_sizes<0>(sorted, begin, end, gradients);
        }
    }
}

}  // namespace
}  // namespace bfl::step
