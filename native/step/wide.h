/*
 * The kernels of convolutions with many channels, for one vector width: see vectors.h. Here lanes are channels, so that
 * batches of any size fill them. An image lies as [row][column][channel], weights as
 * [to / 16][kernel row][kernel column][from][16]; for the way back, the kernel is turned by 180 degrees.
 */
#pragma once

#include "elementwise.h"
#include "vectors.h"

namespace bfl::step {
namespace {

/** How many vectors of channels a tile has. */
constexpr int most_vectors = many_registers ? 4 : 2;

/** Turns cells into images one after another. */
void to_images(const Map& map, int channels, int rows, int columns, int images, float* out) {
    const std::size_t size = static_cast<std::size_t>(rows) * columns * channels;
    for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
            for (int channel = 0; channel < channels; channel += 8) {
                for (int first = 0; first < images; first += 8) {
                    Floats8 block[8];
                    BFL_UNROLL(8)
                    for (int c = 0; c < 8; ++c) {
                        block[c] = load<8>(map.at(channel + c, y, x) + first);
                    }
                    transpose(block);
                    float* to = out + first * size + (static_cast<std::size_t>(y) * columns + x) * channels + channel;
                    for (int i = 0; i < 8 && first + i < images; ++i) {
                        store_loose<8>(to + i * size, block[i]);
                    }
                }
            }
        }
    }
}

/** Turns images into cells, whose other lanes get zeros as far as `lanes`. */
void from_images(const float* in, int channels, int rows, int columns, int images, const Map& map) {
    const std::size_t size = static_cast<std::size_t>(rows) * columns * channels;
    for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
            for (int channel = 0; channel < channels; channel += 8) {
                for (int first = 0; first < images; first += 8) {
                    Floats8 block[8] = {};
                    const float* from = in + first * size + (static_cast<std::size_t>(y) * columns + x) * channels + channel;
                    for (int i = 0; i < 8 && first + i < images; ++i) {
                        block[i] = load_loose<8>(from + i * size);
                    }
                    transpose(block);
                    BFL_UNROLL(8)
                    for (int c = 0; c < 8; ++c) {
                        store<8>(map.at(channel + c, y, x) + first, block[c]);
                    }
                }
            }
        }
    }
}

/** A convolution of one image, in either direction: pixel (y, x) of the output begins at (y + top, x + left) of the input. */
struct Pass {
    const float* x;
    int x_columns;
    int top;
    int left;
    int first_row;  // of the input that is not zeros
    int end_row;
    int from;       // channels
    int to;
    int kernel;
    int rows;       // of the output
    int columns;

    /** The distance of the weights of 16 outputs from those of the next. */
    std::size_t plane() const { return static_cast<std::size_t>(kernel) * kernel * from * cell; }
};

/** The channels that are taken together, so that their weights stay in the first cache. */
constexpr int channel_block = 8;

/** Adds, for four pixels, the products of a block of channels with the weights of one element of the kernel. */
template <int Lanes, int Vectors>
BFL_INLINE void add_pixels(const float* (&pixels)[tile], std::size_t offset, const float* weights, std::size_t plane,
                           Floats<Lanes> (&sums)[tile][Vectors]) {
    for (int channel = 0; channel < channel_block; ++channel) {
        Floats<Lanes> w[Vectors];
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            w[v] = load<Lanes>(weights + channel * cell + v * Lanes / cell * plane + v * Lanes % cell);
        }
        BFL_UNROLL(4)
        for (int p = 0; p < tile; ++p) {
            const Floats<Lanes> value = all<Lanes>(pixels[p][offset + channel]);
            BFL_UNROLL(4)
            for (int v = 0; v < Vectors; ++v) {
                sums[p][v] = fused<Lanes>(value, w[v], sums[p][v]);
            }
        }
    }
}

/** Adds the products of a block of channels for four pixels in a row; the last of fewer pixels stands for the others. */
template <int Lanes, int Vectors>
BFL_INLINE void pass_tile(const Pass& pass, int block, int y, int column, const float* weights, const float* start, float* out) {
    const int last = pass.columns - column < tile ? pass.columns - column - 1 : tile - 1;
    float* to = out + (static_cast<std::size_t>(y) * pass.columns + column) * pass.to;
    const float* pixels[tile];
    Floats<Lanes> sums[tile][Vectors];
    for (int p = 0; p < tile; ++p) {
        const int there = p < last ? p : last;
        pixels[p] = pass.x + static_cast<std::size_t>(pass.left + column + there) * pass.from + block;
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            sums[p][v] = load<Lanes>(block == 0 ? start + v * Lanes : to + there * pass.to + v * Lanes);
        }
    }
    const std::size_t matrix = static_cast<std::size_t>(pass.from) * cell;
    for (int ky = 0; ky < pass.kernel; ++ky) {
        const int row = y + pass.top + ky;
        if (row < pass.first_row || row >= pass.end_row) {
            continue;
        }
        for (int kx = 0; kx < pass.kernel; ++kx) {
            const std::size_t offset = (static_cast<std::size_t>(row) * pass.x_columns + kx) * pass.from;
            add_pixels<Lanes, Vectors>(pixels, offset, weights + (ky * pass.kernel + kx) * matrix, pass.plane(), sums);
        }
    }
    for (int p = 0; p <= last; ++p) {
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            store<Lanes>(to + p * pass.to + v * Lanes, sums[p][v]);
        }
    }
}

/** Computes a pass; `start` has what each output channel's sums begin with. */
void pass_over(const Pass& pass, const float* weights, const float* start, float* out) {
    in_steps<most_vectors, 2, 1>(pass.to / widest_lanes, [&](auto vectors, int number) {
        const int first = number * widest_lanes;
        const float* part = weights + first / cell * pass.plane() + first % cell;
        for (int block = 0; block < pass.from; block += channel_block) {
            for (int y = 0; y < pass.rows; ++y) {
                for (int column = 0; column < pass.columns; column += tile) {
                    pass_tile<widest_lanes, vectors>(pass, block, y, column, part + block * cell, start + first, out + first);
                }
            }
        }
    });
}

/** Computes the result of one image. `sums` has room for what is pooled. */
void wide_forward(const Convolution& c, const float* x, const float* weights, const float* bias, float* sums, float* out,
                  std::int32_t* winners) {
    float* to = c.pool ? sums : out;
    pass_over({x, c.columns, 0, 0, c.padding, c.rows - c.padding, c.inputs, c.outputs, c.kernel, c.out_rows(), c.out_columns()},
              weights, bias, to);
    const std::size_t row = static_cast<std::size_t>(c.out_columns()) * c.outputs;
    if (c.pool) {
        for (int y = 0; y < c.result_rows(); ++y) {
            for (int x_out = 0; x_out < c.result_columns(); ++x_out) {
                const float* from = sums + 2 * (y * row + static_cast<std::size_t>(x_out) * c.outputs);
                for (int o = 0; o < c.outputs; o += widest_lanes, out += widest_lanes, winners += widest_lanes) {
                    const Floats<widest_lanes> window[tile] = {
                        load<widest_lanes>(from + o), load<widest_lanes>(from + c.outputs + o),
                        load<widest_lanes>(from + row + o), load<widest_lanes>(from + row + c.outputs + o)};
                    pool<widest_lanes>(window, c.relu, out, winners);
                }
            }
        }
    } else if (c.relu) {
        close(out, out, row * c.out_rows());
    }
}

/** Writes the gradient of the sums of one image, with kernel - 1 pixels of zeros around it, from that of its result. */
void wide_spread(const Convolution& c, const float* gradient, const float* result, const std::int32_t* winners, float* sums) {
    const std::size_t row = static_cast<std::size_t>(c.gradient_columns()) * c.outputs;
    float* start = sums + (c.kernel - 1) * (row + c.outputs);
    for (int y = 0; y < c.result_rows(); ++y) {
        for (int x = 0; x < c.result_columns(); ++x) {
            const std::size_t from = (static_cast<std::size_t>(y) * c.result_columns() + x) * c.outputs;
            for (int o = 0; o < c.outputs; o += widest_lanes) {
                const Floats<widest_lanes> value = load<widest_lanes>(gradient + from + o);
                if (!c.pool) {
                    const Floats<widest_lanes> out = load<widest_lanes>(result + from + o);
                    const Floats<widest_lanes> through = open<widest_lanes>(out) ? value : Floats<widest_lanes>{};
                    store<widest_lanes>(start + y * row + static_cast<std::size_t>(x) * c.outputs + o, c.relu ? through : value);
                    continue;
                }
                const Ints<widest_lanes> winner = *reinterpret_cast<const Ints<widest_lanes>*>(winners + from + o);
                BFL_UNROLL(4)
                for (int p = 0; p < tile; ++p) {
                    store<widest_lanes>(
                        start + (2 * y + (p >> 1)) * row + (2 * static_cast<std::size_t>(x) + (p & 1)) * c.outputs + o,
                        winner == p ? value : Floats<widest_lanes>{});
                }
            }
        }
    }
}

/** Computes the gradient of one image's inputs, without the padding; weights are those of the way back, from `zeros` on. */
void wide_inputs(const Convolution& c, const float* gradient, const float* weights, const float* zeros, float* out) {
    const int margin = c.kernel - 1;
    pass_over({gradient, c.gradient_columns(), c.padding, c.padding, margin, margin + c.out_rows(), c.outputs, c.inputs,
               c.kernel, c.inner_rows(), c.inner_columns()},
              weights, zeros, out);
}

/** The inputs whose weights' gradients are summed together. */
constexpr int weight_inputs = 4;

/** Adds the gradients of the weights of some inputs and outputs, at one element of the kernel, over one image. */
template <int Lanes, int Vectors>
BFL_INLINE void add_wide_weights(const Convolution& c, const float* pixels, const float* slopes, float* sums) {
    const std::size_t next = static_cast<std::size_t>(c.gradient_columns()) * c.outputs;
    const std::size_t next_pixels = static_cast<std::size_t>(c.columns) * c.inputs;
    Floats<Lanes> added[weight_inputs][Vectors] = {};
    for (int y = 0; y < c.out_rows(); ++y) {
        const float* value = pixels + y * next_pixels;
        const float* from = slopes + y * next;
        for (int column = 0; column < c.out_columns(); ++column, value += c.inputs, from += c.outputs) {
            Floats<Lanes> slope[Vectors];
            BFL_UNROLL(4)
            for (int v = 0; v < Vectors; ++v) {
                slope[v] = load<Lanes>(from + v * Lanes);
            }
            BFL_UNROLL(4)
            for (int i = 0; i < weight_inputs; ++i) {
                const Floats<Lanes> weight = all<Lanes>(value[i]);
                BFL_UNROLL(4)
                for (int v = 0; v < Vectors; ++v) {
                    added[i][v] = fused<Lanes>(weight, slope[v], added[i][v]);
                }
            }
        }
    }
    BFL_UNROLL(4)
    for (int i = 0; i < weight_inputs; ++i) {
        BFL_UNROLL(4)
        for (int v = 0; v < Vectors; ++v) {
            float* at = sums + static_cast<std::size_t>(i) * c.outputs + v * Lanes;
            store<Lanes>(at, load<Lanes>(at) + added[i][v]);
        }
    }
}

/** Adds the gradients of weights and biases of one image to their sums, [kernel][kernel][inputs][outputs] and [outputs]. */
void wide_weights(const Convolution& c, const float* x, const float* gradient, float* sums, float* bias_sums) {
    const std::size_t row = static_cast<std::size_t>(c.gradient_columns()) * c.outputs;
    const float* start = gradient + (c.kernel - 1) * (row + c.outputs);
    in_steps<most_vectors, 2, 1>(c.outputs / widest_lanes, [&](auto vectors, int block) {
        const int first = block * widest_lanes;
        for (int k = 0; k < c.kernel * c.kernel; ++k) {
            const float* pixels = x + (static_cast<std::size_t>(k / c.kernel) * c.columns + k % c.kernel) * c.inputs;
            for (int in = 0; in < c.inputs; in += weight_inputs) {
                add_wide_weights<widest_lanes, vectors>(
                    c, pixels + in, start + first, sums + (static_cast<std::size_t>(k) * c.inputs + in) * c.outputs + first);
            }
        }
    });
    for (int o = 0; o < c.outputs; o += widest_lanes) {
        Floats<widest_lanes> added{};
        for (int y = 0; y < c.out_rows(); ++y) {
            for (int column = 0; column < c.out_columns(); ++column) {
                added += load<widest_lanes>(start + y * row + static_cast<std::size_t>(column) * c.outputs + o);
            }
        }
        store<widest_lanes>(bias_sums + o, load<widest_lanes>(bias_sums + o) + added);
    }
}

}  // namespace
}  // namespace bfl::step
