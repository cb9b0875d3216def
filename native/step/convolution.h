/* The kernels of convolutions for one vector width: see vectors.h. */
#pragma once

#include "vectors.h"

namespace bfl::step {
namespace {

/** How many channels a tile of four positions takes: as many as there are registers for their sums. */
constexpr int most_channels = many_registers ? 6 : 2;

/** The positions of a tile: four columns, or a window of max pooling. */
constexpr int tile = 4;

/**
 * Calls `part(first)` for the columns of a row, `Positions` at a time, of which there are at least as many. The last tile may
 * overlap the one before: what both compute has the same bits.
 */
template <int Positions, typename Part>
BFL_INLINE void in_tiles(int columns, const Part& part) {
    for (int i = 0; i < columns; i += Positions) {
        part(i + Positions <= columns ? i : columns - Positions);
    }
}

/** Adds the products of a window for `Channels` outputs and `Positions` positions to their sums. */
template <int Lanes, int Channels, int Positions, int Kernel, bool Window>
BFL_INLINE void add_products(const Convolution& c, const float* x, const float* weights,
                             Floats<Lanes> (&sums)[Channels][Positions]) {
    const int kernel = Kernel == 0 ? c.kernel : Kernel;
    const std::size_t row = static_cast<std::size_t>(c.columns) * cell;
    const std::size_t channel = static_cast<std::size_t>(c.inputs) * kernel * kernel;
    for (int in = 0; in < c.inputs; ++in) {
        for (int y = 0; y < kernel; ++y) {
            const float* here = x + (static_cast<std::size_t>(in) * c.rows + y) * row;
            const float* w = weights + (static_cast<std::size_t>(in) * kernel + y) * kernel;
BFL_UNROLL(5)
            for (int k = 0; k < kernel; ++k) {
                Floats<Lanes> pixels[Positions];
BFL_UNROLL(4)
                for (int p = 0; p < Positions; ++p) {
                    pixels[p] = load<Lanes>(here + (Window ? (p & 1) : p) * cell + k * cell + (Window ? (p >> 1) * row : 0));
                }
BFL_UNROLL(8)
                for (int o = 0; o < Channels; ++o) {
                    const Floats<Lanes> weight = all<Lanes>(w[o * channel + k]);
BFL_UNROLL(4)
                    for (int p = 0; p < Positions; ++p) {
                        sums[o][p] = fused<Lanes>(weight, pixels[p], sums[o][p]);
                    }
                }
            }
        }
    }
}

/** Writes the greatest of a window's four sums, ReLU'd if so, and its number: the first, or the last NaN. */
template <int Lanes>
BFL_INLINE void pool(const Floats<Lanes> (&sums)[tile], bool relu, float* out, std::int32_t* winner) {
    Floats<Lanes> greatest = sums[0];
    Ints<Lanes> number{};
BFL_UNROLL(4)
    for (int p = 1; p < tile; ++p) {
        const Ints<Lanes> greater = (Ints<Lanes>)(sums[p] > greatest) | (Ints<Lanes>)(sums[p] != sums[p]);
        greatest = greater ? sums[p] : greatest;
        number = greater ? Ints<Lanes>{} + p : number;
    }
    if (relu) {
        const Ints<Lanes> through = open<Lanes>(greatest);
        greatest = through ? greatest : Floats<Lanes>{};
        number = through ? number : Ints<Lanes>{} + closed;
    }
    store<Lanes>(out, greatest);
    *reinterpret_cast<Ints<Lanes>*>(winner) = number;
}

template <int Lanes, int Channels, int Kernel>
BFL_INLINE void pooled_tile(const Convolution& c, const float* x, const float* weights, const float* bias, int first, int y,
                            int column, const Map& out, std::int32_t* winners, int lane) {
    Floats<Lanes> sums[Channels][tile];
    for (int o = 0; o < Channels; ++o) {
        for (int p = 0; p < tile; ++p) {
            sums[o][p] = all<Lanes>(bias[o]);
        }
    }
    const std::size_t start = static_cast<std::size_t>(2 * y) * c.columns + 2 * column;
    add_products<Lanes, Channels, tile, Kernel, true>(c, x + start * cell + lane, weights, sums);
BFL_UNROLL(8)
    for (int o = 0; o < Channels; ++o) {
        const std::size_t at = (static_cast<std::size_t>(first + o) * c.result_rows() + y) * c.result_columns() + column;
        pool<Lanes>(sums[o], c.relu, out.at(first + o, y, column) + lane, winners + at * cell + lane);
    }
}

template <int Lanes, int Channels, int Positions, int Kernel>
BFL_INLINE void plain_tile(const Convolution& c, const float* x, const float* weights, const float* bias, int first, int y,
                           int column, const Map& out, int lane) {
    Floats<Lanes> sums[Channels][Positions];
    for (int o = 0; o < Channels; ++o) {
        for (int p = 0; p < Positions; ++p) {
            sums[o][p] = all<Lanes>(bias[o]);
        }
    }
    const std::size_t start = static_cast<std::size_t>(y) * c.columns + column;
    add_products<Lanes, Channels, Positions, Kernel, false>(c, x + start * cell + lane, weights, sums);
BFL_UNROLL(8)
    for (int o = 0; o < Channels; ++o) {
BFL_UNROLL(4)
        for (int p = 0; p < Positions; ++p) {
            const Floats<Lanes> sum = sums[o][p];
            store<Lanes>(out.at(first + o, y, column + p) + lane,
                         c.relu ? (open<Lanes>(sum) ? sum : Floats<Lanes>{}) : sum);
        }
    }
}

/** Computes the result for a group of images, and the numbers of the windows' greatest elements if it pools. */
template <int Kernel, int Positions>
void forward_of(const Convolution& c, const float* x, const float* weights, const float* bias, const Map& out,
                std::int32_t* winners, int lanes) {
    const std::size_t channel = static_cast<std::size_t>(c.inputs) * c.kernel * c.kernel;
    in_steps<most_channels, 4, 2, 1>(c.outputs, [&](auto channels, int first) {
        for (int y = 0; y < c.result_rows(); ++y) {
            if (Positions == tile && c.pool) {
                for (int column = 0; column < c.result_columns(); ++column) {
                    over_lanes(lanes, [&](auto width, int lane) {
                        pooled_tile<width, channels, Kernel>(c, x, weights + first * channel, bias + first, first, y, column,
                                                             out, winners, lane);
                    });
                }
            } else {
                in_tiles<Positions>(c.out_columns(), [&](int column) {
                    over_lanes(lanes, [&](auto width, int lane) {
                        plain_tile<width, channels, Positions, Kernel>(c, x, weights + first * channel, bias + first, first, y,
                                                                       column, out, lane);
                    });
                });
            }
        }
    });
}

void forward(const Convolution& c, const float* x, const float* weights, const float* bias, const Map& out,
             std::int32_t* winners, int lanes) {
    if (!c.pool && c.out_columns() < tile) {
        return forward_of<0, 1>(c, x, weights, bias, out, winners, lanes);
    }
    switch (c.kernel) {
        case 3: return forward_of<3, tile>(c, x, weights, bias, out, winners, lanes);
        case 5: return forward_of<5, tile>(c, x, weights, bias, out, winners, lanes);
        default: return forward_of<0, tile>(c, x, weights, bias, out, winners, lanes);
    }
}

/** Writes the gradient of the convolution's sums, with zeros at its sides, from that of its result. */
void spread(const Convolution& c, const Map& gradient, const Map& result, const std::int32_t* winners, float* sums,
            int lanes) {
    const int margin = c.kernel - 1;
    const std::size_t row = static_cast<std::size_t>(c.gradient_columns()) * cell;
    for (int o = 0; o < c.outputs; ++o) {
        for (int y = 0; y < c.result_rows(); ++y) {
            float* to = sums + (static_cast<std::size_t>(o) * c.out_rows() + (c.pool ? 2 * y : y)) * row + margin * cell;
            for (int x = 0; x < c.result_columns(); ++x) {
                over_lanes(lanes, [&](auto width, int lane) {
                    const Floats<width> value = load<width>(gradient.at(o, y, x) + lane);
                    if (!c.pool) {
                        const bool all_open = !c.relu;
                        const Floats<width> out = load<width>(result.at(o, y, x) + lane);
                        store<width>(to + x * cell + lane,
                                     all_open ? value : (open<width>(out) ? value : Floats<width>{}));
                        return;
                    }
                    const std::size_t at = (static_cast<std::size_t>(o) * c.result_rows() + y) * c.result_columns() + x;
                    const Ints<width> winner = *reinterpret_cast<const Ints<width>*>(winners + at * cell + lane);
BFL_UNROLL(4)
                    for (int p = 0; p < tile; ++p) {
                        store<width>(to + (p >> 1) * row + (2 * x + (p & 1)) * cell + lane,
                                     winner == p ? value : Floats<width>{});
                    }
                });
            }
        }
    }
}

/** Adds to the sums, lane by lane, of the weights' gradients in `Columns` columns of the kernel, over some rows. */
template <int Lanes, int Channels, int Columns>
BFL_INLINE void add_weights(const Convolution& c, const float* x, const float* gradient, int first, int in, int y, int k,
                            int from, int to, float* sums, int lane) {
    const std::size_t row = static_cast<std::size_t>(c.columns) * cell;
    const std::size_t gradient_row = static_cast<std::size_t>(c.gradient_columns()) * cell;
    const std::size_t plane = gradient_row * c.out_rows();
    const std::size_t kernel = static_cast<std::size_t>(c.kernel) * c.kernel;
    float* at = sums + ((static_cast<std::size_t>(first) * c.inputs + in) * kernel + y * c.kernel + k) * cell + lane;
    const std::size_t channel = c.inputs * kernel * cell;
    Floats<Lanes> added[Channels][Columns];
BFL_UNROLL(8)
    for (int o = 0; o < Channels; ++o) {
BFL_UNROLL(5)
        for (int i = 0; i < Columns; ++i) {
            added[o][i] = load<Lanes>(at + o * channel + i * cell);
        }
    }
    for (int r = from; r < to; ++r) {
        const float* pixels = x + (static_cast<std::size_t>(in) * c.rows + r + y) * row + k * cell + lane;
        const float* slopes = gradient + first * plane + r * gradient_row + (c.kernel - 1) * cell + lane;
        for (int column = 0; column < c.out_columns(); ++column, pixels += cell, slopes += cell) {
BFL_UNROLL(8)
            for (int o = 0; o < Channels; ++o) {
                const Floats<Lanes> slope = load<Lanes>(slopes + o * plane);
BFL_UNROLL(5)
                for (int i = 0; i < Columns; ++i) {
                    added[o][i] = fused<Lanes>(slope, load<Lanes>(pixels + i * cell), added[o][i]);
                }
            }
        }
    }
BFL_UNROLL(8)
    for (int o = 0; o < Channels; ++o) {
BFL_UNROLL(5)
        for (int i = 0; i < Columns; ++i) {
            store<Lanes>(at + o * channel + i * cell, added[o][i]);
        }
    }
}

/** How many channels' sums there are registers for, with as many columns of the kernel. */
template <int Columns>
constexpr int most_weight_channels = Columns == 1 ? 8 : Columns == 3 ? (many_registers ? 8 : 4) : (many_registers ? 4 : 2);

/** The bytes of the rows that are taken together, so that they stay in the first cache. */
constexpr std::size_t near_bytes = 20 * 1024;

/**
 * Adds the gradients of weights and biases of a group of images to their sums, which are kept lane by lane:
 * [outputs][inputs][kernel][kernel][16] and [outputs][16].
 */
void weight_gradients(const Convolution& c, const float* x, const float* gradient, float* sums, float* bias_sums, int lanes) {
    const std::size_t row = (static_cast<std::size_t>(c.columns) + 2 * c.gradient_columns()) * cell * sizeof(float);
    const int near = static_cast<int>(near_bytes / row);
    const int rows = near < 2 ? 2 : near;
    for (int from = 0; from < c.out_rows(); from += rows) {
        const int to = from + rows < c.out_rows() ? from + rows : c.out_rows();
        in_steps<5, 3, 1>(c.kernel, [&](auto columns, int k) {
            in_steps<most_weight_channels<columns>, 4, 2, 1>(c.outputs, [&](auto channels, int first) {
                for (int in = 0; in < c.inputs; ++in) {
                    for (int y = 0; y < c.kernel; ++y) {
                        over_lanes(lanes, [&](auto width, int lane) {
                            add_weights<width, channels, columns>(c, x, gradient, first, in, y, k, from, to, sums, lane);
                        });
                    }
                }
            });
        });
    }
    const int positions = c.out_rows() * c.gradient_columns();
    for (int o = 0; o < c.outputs; ++o) {
        const float* slopes = gradient + static_cast<std::size_t>(o) * positions * cell;
        over_lanes(lanes, [&](auto width, int lane) {
            Floats<width> parts[4] = {load<width>(bias_sums + o * cell + lane), {}, {}, {}};
            for (int i = 0; i < positions; ++i) {
                parts[i & 3] += load<width>(slopes + static_cast<std::size_t>(i) * cell + lane);
            }
            store<width>(bias_sums + o * cell + lane, (parts[0] + parts[1]) + (parts[2] + parts[3]));
        });
    }
}

/** Computes the gradient of `Channels` inputs at `Positions` columns of a row, which counts the padding. */
template <int Lanes, int Channels, int Positions, int Kernel>
BFL_INLINE void input_tile(const Convolution& c, const float* gradient, const float* weights, int first, int y, int column,
                           float* out, std::size_t plane, int lane) {
    const int kernel = Kernel == 0 ? c.kernel : Kernel;
    const std::size_t row = static_cast<std::size_t>(c.gradient_columns()) * cell;
    const std::size_t square = static_cast<std::size_t>(kernel) * kernel;
    const int top = y - c.out_rows() + 1 > 0 ? y - c.out_rows() + 1 : 0;
    const int bottom = y < kernel - 1 ? y : kernel - 1;
    Floats<Lanes> sums[Channels][Positions] = {};
    for (int o = 0; o < c.outputs; ++o) {
        for (int k = top; k <= bottom; ++k) {
            const float* slopes =
                gradient + (static_cast<std::size_t>(o) * c.out_rows() + y - k) * row + (column + kernel - 1) * cell + lane;
            const float* w = weights + (static_cast<std::size_t>(o) * c.inputs + first) * square + k * kernel;
BFL_UNROLL(5)
            for (int i = 0; i < kernel; ++i) {
                Floats<Lanes> slope[Positions];
BFL_UNROLL(4)
                for (int p = 0; p < Positions; ++p) {
                    slope[p] = load<Lanes>(slopes + (p - i) * cell);
                }
BFL_UNROLL(8)
                for (int in = 0; in < Channels; ++in) {
                    const Floats<Lanes> weight = all<Lanes>(w[in * square + i]);
BFL_UNROLL(4)
                    for (int p = 0; p < Positions; ++p) {
                        sums[in][p] = fused<Lanes>(weight, slope[p], sums[in][p]);
                    }
                }
            }
        }
    }
BFL_UNROLL(8)
    for (int in = 0; in < Channels; ++in) {
BFL_UNROLL(4)
        for (int p = 0; p < Positions; ++p) {
            store<Lanes>(out + in * plane + p * cell + lane, sums[in][p]);
        }
    }
}

template <int Kernel, int Positions>
void input_gradients_of(const Convolution& c, const float* gradient, const float* weights, float* out, int lanes) {
    const int rows = c.inner_rows();
    const int columns = c.inner_columns();
    const std::size_t plane = static_cast<std::size_t>(rows) * columns * cell;
    for (int y = 0; y < rows; ++y) {
        in_steps<most_channels, 4, 2, 1>(c.inputs, [&](auto channels, int first) {
            in_tiles<Positions>(columns, [&](int column) {
                over_lanes(lanes, [&](auto width, int lane) {
                    input_tile<width, channels, Positions, Kernel>(
                        c, gradient, weights, first, y + c.padding, column + c.padding,
                        out + first * plane + (static_cast<std::size_t>(y) * columns + column) * cell, plane, lane);
                });
            });
        });
    }
}

/** Computes the gradient of a group's inputs, without the padding: [inputs][rows][columns][16]. */
void input_gradients(const Convolution& c, const float* gradient, const float* weights, float* out, int lanes) {
    if (c.inner_columns() < tile) {
        return input_gradients_of<0, 1>(c, gradient, weights, out, lanes);
    }
    switch (c.kernel) {
        case 3: return input_gradients_of<3, tile>(c, gradient, weights, out, lanes);
        case 5: return input_gradients_of<5, tile>(c, gradient, weights, out, lanes);
        default: return input_gradients_of<0, tile>(c, gradient, weights, out, lanes);
    }
}

}  // namespace
}  // namespace bfl::step
