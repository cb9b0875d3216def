/* A net with its workspace: forward, backward and steps. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernels.h"
#include "plan.h"
#include "update.h"

namespace bfl::step {

/** Rows of a data set: image i of a call is row order[i]. */
struct Samples {
    const float* rows;
    const std::int64_t* labels;  // one for each row, or null
    const std::int64_t* order;
    std::int64_t count;          // of order
    std::uint64_t seed;          // of dropout
    std::int64_t step;           // the number of the first step, for dropout
};

/** Memory for cells: aligned, and zeros at first. Throws std::bad_alloc. */
class Cells {
public:
    /** Makes room for some floats; keeps nothing of what was there unless it has room already. */
    float* sized(std::size_t floats);
    float* get() const { return memory_.get(); }

private:
    struct Free {
        void operator()(float* memory) const { std::free(memory); }
    };
    std::unique_ptr<float, Free> memory_;
    std::size_t floats_ = 0;
};

class Net {
public:
    Net(Plan plan, const Kernels& kernels);

    const Plan& plan() const { return plan_; }
    int classes() const { return plan_.stages.back().linear.outputs; }

    /** Takes steps from weights `from`, or in place; step s uses the next lengths[s] images of the order. */
    void train(const float* from, float* weights, const Samples& samples, const std::int64_t* lengths, const double* rates, int steps,
               const Training& training);

    /** Adds the gradient of the mean cross-entropy of all images to `gradients`. */
    void gradient(const float* weights, float* gradients, const Samples& samples, bool training);

    /**
     * Adds the images' cross-entropies to losses[0], and their squares to losses[1], in their order. Returns how many images have
     * their greatest output right.
     */
    std::int64_t score(const float* weights, const Samples& samples, double* losses);

    /** Writes the outputs of all images, a row for each. */
    void outputs(const float* weights, const Samples& samples, float* rows);

private:
    struct Work {              // of one stage
        Cells input;           // what it reads: groups of padded maps, or features of all groups
        Cells winners;         // of max pooling
        Cells factors;         // of dropout, dense
        Cells gradient;        // of its sums: a group's, or of all groups
        Cells input_gradient;  // a group's, dense, or of all groups
        Cells sums;            // of the weights' and biases' gradients, lane by lane unless it is wide
        // Of a wide convolution, whose images lie one after another:
        Cells images;          // its input
        Cells results;         // before dropout
        Cells forth;           // weights [outputs / 16][kernel][kernel][inputs][16]
        Cells back;            // weights [inputs / 16][kernel][kernel][outputs][16]
        Cells some;            // sums of an image, or a group's gradients on their way
    };

    /** At most 64 images that go through the net together. */
    struct Block {
        const Samples* samples;
        std::int64_t first;    // in the order
        int images;
        int groups;
        std::int64_t step;
        std::int64_t position; // of the first image in its batch, for dropout
        bool training;

        /** The images of one group. */
        int images_of(int group) const;
        /** The lanes of one group that count. */
        int lanes(int group) const;
        /** The lanes of a feature that count. */
        int all_lanes() const;
        /** Whether linear layers take features as lanes. Scores never do: they do not depend on what else is in a batch. */
        bool is_few() const { return training && groups == 1; }
    };

    void batch(const float* weights, const Samples& samples, std::int64_t first, std::int64_t images, std::int64_t step,
               bool training, float* gradients, const Update* update);
    void forward(const float* weights, const Block& block);
    void read(const Block& block);
    void fetch(const Samples& samples, std::int64_t first, std::int64_t images) const;
    void turn(const float* weights, std::size_t number);
    void turn_all(const float* weights);
    void reserve(const Block& block);
    void convolve_wide(const float* weights, std::size_t number, const Block& block, int group);
    void wide_backward(std::size_t number, const Block& block, int group, const Map& gradient);
    void convolve(const float* weights, std::size_t number, const Block& block);
    void multiply(const float* weights, std::size_t number, const Block& block);
    void multiply_map(const Convolution& c, const Map& map, const float* factor, std::size_t stride) const;
    void drop(std::size_t number, const Block& block);
    void backward(const float* weights, const Block& block, float share, float* gradients, bool sums, const Update* update);
    void input_gradients(const float* weights, std::size_t number, const Block& block, const float* gradient);
    void linear_backward(const float* weights, std::size_t number, const Block& block, float* gradients, bool sums,
                         const Update* update);
    void convolution_backward(const float* weights, std::size_t number, const Block& block, int group);
    void give(std::size_t number, float* gradients, bool sums, const Update* update);
    Map result(std::size_t number, int group, int groups);
    Map result_gradient(std::size_t number, int group, int groups);
    double scale(const float* gradients, double most_norm) const;
    template <typename Part>
    void each_output(const float* weights, const Samples& samples, const Part& part);
    const float* bias(const float* weights, const Stage& stage) const;
    const float* const* linear_rows(std::size_t number, const Block& block);

    Plan plan_;
    const Kernels& kernels_;
    const StepKernels& optimizers_;
    std::vector<Work> work_;
    Cells outputs_;
    Cells rows_;                // the transposed inputs of a linear layer
    Cells back_;                // and their gradients
    Cells gradients_;           // of all weights, where a step needs them together
    Cells some_gradients_;      // of a few rows of weights
    Cells zeros_;               // biases
    const float* samples_[most_groups * cell];
    const float* pointers_[most_groups * cell];
    std::int64_t labels_[most_groups * cell];
};

}  // namespace bfl::step
