#include "plan.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "blazefl4j.h"

namespace bfl::step {
namespace {

constexpr std::int64_t most_size = 1 << 16;  // of any dimension
constexpr std::int64_t most_kernel = 11;
constexpr std::int64_t most_floats = std::int64_t{1} << 30;  // of a sample, an activation or the parameters

bool is_size(std::int64_t value) { return value >= 1 && value <= most_size; }

class Reader {
public:
    Reader(std::int64_t channels, std::int64_t height, std::int64_t width, Plan& plan)
        : channels_(channels), height_(height), width_(width), plan_(plan) {}

    int read(const std::int64_t* layers, int count) {
        if (!is_size(channels_) || !is_size(height_) || !is_size(width_) || features() > most_floats) {
            return -EINVAL;
        }
        plan_ = {static_cast<std::size_t>(features()), 0, 0, {}};
        for (int i = 0; i < count; ++i) {
            const int result = layer(layers + i * BFL_LAYER_NUMBERS);
            if (result != 0) {
                return result;
            }
        }
        const bool ends = !plan_.stages.empty() && !plan_.stages.back().is_convolution && !plan_.stages.back().linear.relu;
        return ends ? 0 : -ENOTSUP;
    }

private:
    std::int64_t features() const { return channels_ * height_ * width_; }

    int layer(const std::int64_t* numbers) {
        switch (numbers[0]) {
            case BFL_LAYER_CONVOLUTION: return convolution(numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
            case BFL_LAYER_RELU: return relu();
            case BFL_LAYER_MAX_POOL: return pool();
            case BFL_LAYER_FLATTEN: flat_ = true; return 0;
            case BFL_LAYER_LINEAR: return linear(numbers[1], numbers[2], numbers[5]);
            case BFL_LAYER_DROPOUT: return dropout(numbers[1]);
            default: return -EINVAL;
        }
    }

    int convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t padding, std::int64_t bias) {
        if (in != channels_ || !is_size(out) || kernel < 1 || padding < 0 || (bias & ~1) != 0) {
            return -EINVAL;
        }
        if (flat_ || kernel > most_kernel || padding >= kernel) {
            return -ENOTSUP;
        }
        const std::int64_t rows = height_ + 2 * padding;
        const std::int64_t columns = width_ + 2 * padding;
        if (rows < kernel || columns < kernel) {
            return -EINVAL;
        }
        channels_ = out;
        height_ = rows - kernel + 1;
        width_ = columns - kernel + 1;
        const Convolution shape = {static_cast<int>(in),   static_cast<int>(out),     static_cast<int>(kernel),
                                   static_cast<int>(padding), static_cast<int>(rows), static_cast<int>(columns),
                                   false,                  false};
        ++plan_.convolutions;
        return add({true, shape, {}, 0, bias != 0, plan_.parameters});
    }

    int linear(std::int64_t in, std::int64_t out, std::int64_t bias) {
        if (in != features() || !is_size(out) || (bias & ~1) != 0) {
            return -EINVAL;
        }
        if (!flat_ && (height_ != 1 || width_ != 1)) {
            return -ENOTSUP;  // LibTorch would take the last dimension
        }
        flat_ = true;
        channels_ = out;
        height_ = 1;
        width_ = 1;
        return add({false, {}, {static_cast<int>(in), static_cast<int>(out), false}, 0, bias != 0, plan_.parameters});
    }

    int add(const Stage& stage) {
        const std::size_t widest = stage.is_convolution
                                       ? std::max(stage.convolution.input_cells(), stage.convolution.gradient_cells())
                                       : stage.results();
        plan_.parameters = stage.end();
        plan_.stages.push_back(stage);
        const bool fits = widest <= static_cast<std::size_t>(most_floats) / cell && features() <= most_floats / cell &&
                          plan_.parameters <= static_cast<std::size_t>(most_floats);
        return fits ? 0 : -ENOTSUP;
    }

    int relu() {
        if (plan_.stages.empty() || plan_.stages.back().dropout != 0) {
            return -ENOTSUP;
        }
        Stage& last = plan_.stages.back();
        (last.is_convolution ? last.convolution.relu : last.linear.relu) = true;
        return 0;
    }

    int pool() {
        const bool follows = !flat_ && !plan_.stages.empty() && plan_.stages.back().is_convolution &&
                             !plan_.stages.back().convolution.pool && plan_.stages.back().dropout == 0;
        if (!follows) {
            return -ENOTSUP;
        }
        if (height_ < 2 || width_ < 2) {
            return -EINVAL;
        }
        height_ /= 2;
        width_ /= 2;
        plan_.stages.back().convolution.pool = true;
        return 0;
    }

    int dropout(std::int64_t bits) {
        double probability;
        std::memcpy(&probability, &bits, sizeof probability);
        if (!(probability >= 0 && probability <= 1)) {
            return -EINVAL;
        }
        if (plan_.stages.empty() || plan_.stages.back().dropout != 0) {
            return -ENOTSUP;
        }
        plan_.stages.back().dropout = probability;
        return 0;
    }

    std::int64_t channels_;
    std::int64_t height_;
    std::int64_t width_;
    bool flat_ = false;
    Plan& plan_;
};

}  // namespace

int read_plan(const std::int64_t* layers, int count, std::int64_t channels, std::int64_t height, std::int64_t width,
              Plan& plan) {
    return Reader(channels, height, width, plan).read(layers, count);
}

}  // namespace bfl::step
