/* What a net's kernels work on: cells of 16 images, and the shapes of layers. */
#pragma once

#include <cstddef>
#include <cstdint>

namespace bfl::step {

/**
 * The images of a cell. Activations lie as [channel][row][column][image], so that a vector holds one pixel of as many
 * images and channels may be few. A cell has this size on every processor, and so sums have the same order.
 */
constexpr int cell = 16;

/** The cells that linear layers take together: 64 images. Larger batches are taken in blocks of as many. */
constexpr int most_groups = 4;

/** Where the cells of a feature map lie; the distances are in floats. */
struct Map {
    float* first;
    std::size_t channel;
    std::size_t row;
    std::size_t column;

    /** Returns the map of channels one after another, whose cells are `stride` floats apart. */
    static Map of(float* first, int rows, int columns, std::size_t stride) {
        const std::size_t row = columns * stride;
        return {first, rows * row, row, stride};
    }

    float* at(int c, int y, int x) const { return first + c * channel + y * row + x * column; }
};

/**
 * A convolution of stride 1, with ReLU and 2 by 2 max pooling in the same pass.
 *
 * Its input has zeros around it, `padding` cells wide, and `rows` and `columns` count them. The gradient of its output has
 * kernel - 1 columns of zeros on both sides.
 */
struct Convolution {
    int inputs;
    int outputs;
    int kernel;
    int padding;
    int rows;
    int columns;
    bool relu;
    bool pool;

    int out_rows() const { return rows - kernel + 1; }
    int out_columns() const { return columns - kernel + 1; }
    int result_rows() const { return pool ? out_rows() / 2 : out_rows(); }
    int result_columns() const { return pool ? out_columns() / 2 : out_columns(); }
    int gradient_columns() const { return out_columns() + 2 * (kernel - 1); }
    /** Whether channels fill vectors of any width, so that lanes are channels, not images. */
    bool is_wide() const { return inputs % cell == 0 && outputs % cell == 0; }
    int inner_rows() const { return rows - 2 * padding; }
    int inner_columns() const { return columns - 2 * padding; }
    std::size_t weights() const { return static_cast<std::size_t>(outputs) * inputs * kernel * kernel; }
    std::size_t input_cells() const { return static_cast<std::size_t>(inputs) * rows * columns; }
    std::size_t result_cells() const { return static_cast<std::size_t>(outputs) * result_rows() * result_columns(); }
    std::size_t inner_cells() const { return static_cast<std::size_t>(inputs) * inner_rows() * inner_columns(); }
    /** The floats of the gradient of one image's sums, if it is wide: with zeros on all sides. */
    std::size_t wide_gradient() const {
        return static_cast<std::size_t>(outputs) * (out_rows() + 2 * (kernel - 1)) * gradient_columns();
    }
    std::size_t gradient_cells() const { return static_cast<std::size_t>(outputs) * out_rows() * gradient_columns(); }
};

/** The number of a window's element that no gradient goes to, since ReLU has closed it. */
constexpr std::int32_t closed = 4;

}  // namespace bfl::step
