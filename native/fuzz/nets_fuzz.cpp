// Creates nets of any layers, and trains those that come about on any samples. Input: shape, layers, a call.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include "blazefl4j.h"
#include "input.h"

namespace {

using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t most_images = 70;
constexpr std::size_t most_floats = 1 << 14;

/** A size that is small or refused, so that nets stay small. */
std::int64_t size(fuzz::Input& in) {
    const auto value = in.argument<std::int64_t>();
    return value > 32 && value <= (1 << 16) ? value % 33 : value;
}

Numbers layer(fuzz::Input& in) {
    Numbers numbers(BFL_LAYER_NUMBERS);
    numbers[0] = in.byte() % 8;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        numbers[i] = size(in);
    }
    if (numbers[0] == BFL_LAYER_DROPOUT) {
        const double probability = in.byte() / 255.0;
        std::memcpy(&numbers[1], &probability, sizeof probability);
    }
    return numbers;
}

double number(fuzz::Input& in) {
    switch (in.byte() % 6) {
        case 0: return 0;
        case 1: return in.byte() / 256.0;
        case 2: return std::numeric_limits<double>::infinity();
        case 3: return std::numeric_limits<double>::quiet_NaN();
        case 4: return 1;
        default: return -in.byte();
    }
}

/** Floats of an exact length, filled from the input. */
class Floats {
public:
    Floats(std::size_t count, fuzz::Input& in) : memory_(count * sizeof(float)) {
        const std::size_t bytes = std::min(in.left(), count * sizeof(float)) / 2;
        if (bytes > 0) {
            std::memcpy(memory_.data(), in.rest(), bytes);
        }
    }
    std::int64_t address() const { return memory_.address(); }

private:
    fuzz::Memory memory_;
};

void use(std::int64_t net, std::size_t sample, fuzz::Input& in) {
    const std::int64_t parameters = bfl_net_parameters(net);
    const std::int64_t rows = 1 + in.byte() % 8;
    const std::int64_t count = in.byte() % (most_images + 1);
    Numbers labels, order;
    for (std::int64_t i = 0; i < rows; ++i) {
        labels.push_back(in.byte() % 8 == 0 ? in.argument<std::int64_t>() : in.byte() % bfl_net_outputs(net));
    }
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint8_t choice = in.byte();
        order.push_back(choice == 1 ? in.argument<std::int64_t>() : choice % rows);
    }
    order.reserve(1);
    const auto floats = static_cast<std::size_t>(parameters);
    const Floats x(sample * static_cast<std::size_t>(rows), in), weights(floats, in), first(floats, in), second(floats, in);
    const Floats start(floats, in);
    const Floats gradients(floats, in);
    const Numbers samples = {x.address(), rows, bfl::address_of(labels.data()), count, in.integer<std::int64_t>(),
                             in.argument<std::int64_t>()};
    Numbers lengths;
    std::vector<double> rates, rule = {static_cast<double>(in.byte() % 3)};
    for (std::int64_t left = count; left > 0 && lengths.size() < 4;) {
        lengths.push_back(in.byte() % 16 == 0 ? in.argument<std::int64_t>() : lengths.size() == 3 ? left : 1 + in.byte() % left);
        rates.push_back(in.byte() % 16 == 0 ? number(in) : 0.125);
        left -= std::min(left, std::max<std::int64_t>(lengths.back(), 0));
    }
    while (rule.size() < 9) {
        rule.push_back(number(in));
    }
    const std::uint8_t given = in.byte();
    const Numbers state = {given & 1 ? first.address() : 0, given & 2 ? second.address() : 0, in.argument<std::int64_t>(),
                           given & 4 ? gradients.address() : 0, given & 8 ? second.address() : 0};
    Numbers frozen;
    for (int i = in.byte() % 4; i > 0; --i) {
        frozen.push_back(in.argument<std::int64_t>());
        frozen.push_back(in.argument<std::int64_t>());
    }
    const int trained = bfl_net_train(net, given & 32 ? start.address() : weights.address(), weights.address(),
                                      samples.data(), order.data(), lengths.data(), rates.data(),
                                      static_cast<std::int32_t>(lengths.size()), rule.data(), state.data(), frozen.data(),
                                      static_cast<std::int32_t>(frozen.size() / 2));
    EXPECT(trained == 0 || trained == -EINVAL || trained == -ERANGE);
    const int sloped = bfl_net_gradient(net, weights.address(), gradients.address(), samples.data(), order.data(), given & 16);
    EXPECT(trained != 0 || count == 0 || sloped == 0);
    double losses[2] = {0, 0};
    const std::int64_t right = bfl_net_score(net, weights.address(), samples.data(), order.data(), losses);
    EXPECT(right <= count && (sloped != 0 || right >= 0));
    const Floats outputs(static_cast<std::size_t>(std::max<std::int64_t>(1, count * bfl_net_outputs(net))), in);
    const int computed = bfl_net_forward(net, weights.address(), samples.data(), order.data(), outputs.address());
    EXPECT(right < 0 || computed == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    fuzz::Input in(data, bytes);
    const std::int64_t channels = size(in), height = size(in), width = size(in);
    Numbers layers;
    const int count = in.byte() % 10;
    for (int i = 0; i < count; ++i) {
        const Numbers one = layer(in);
        layers.insert(layers.end(), one.begin(), one.end());
    }
    layers.reserve(1);
    const std::int64_t net = bfl_net_create(layers.data(), count, channels, height, width, 1 << (2 + in.byte() % 3));
    if (net < 0 && net > -4096) {
        EXPECT(net == -EINVAL || net == -ENOTSUP);
        return 0;
    }
    const std::int64_t sample = channels * height * width;
    if (bfl_net_parameters(net) <= static_cast<std::int64_t>(most_floats) && sample <= static_cast<std::int64_t>(most_floats)) {
        use(net, static_cast<std::size_t>(sample), in);
    }
    EXPECT(bfl_net_free(net) == 0);
    return 0;
}
