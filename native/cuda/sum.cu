#include "sum.h"

#include <cerrno>
#include <cmath>

#include "blazefl4j.h"
#include "for_each.h"
#include "weights.h"

namespace {

using bfl::FoldVectors;
using bfl::SumCells;

bool is_count(std::int64_t elements) noexcept { return elements >= 0 && elements < bfl::most_elements; }

bool is_range(std::int64_t sum, std::int64_t elements, std::int64_t from, std::int64_t to) noexcept {
    return bfl::usable<double>(sum) && is_count(elements) && 0 <= from && from <= to && to <= elements;
}

/** The vectors of one launch. */
class Batch {
  public:
    explicit Batch(const SumCells& sum) noexcept { fold_.sum = sum; }

    const FoldVectors& fold() const noexcept { return fold_; }
    bool has_room() const noexcept { return fold_.count + 2 <= FoldVectors::most_vectors; }

    void add(const float* x, double weight) noexcept {
        const double upper = bfl::upper_bits(weight);
        push(x, upper);
        if (weight != upper) {
            push(x, weight - upper);
        }
    }

  private:
    void push(const float* x, double weight) noexcept {
        fold_.x[fold_.count] = x;
        fold_.weights[fold_.count] = weight;
        ++fold_.count;
    }

    FoldVectors fold_{};
};

}  // namespace

std::int64_t bfl_cuda_sum_bytes(std::int64_t elements) noexcept {
    return is_count(elements) ? SumCells::bytes(elements) : -EINVAL;
}

std::int32_t bfl_cuda_sum_clear(std::int64_t sum, std::int64_t elements, std::int64_t stream) noexcept {
    if (!is_range(sum, elements, 0, 0)) {
        return -EINVAL;
    }
    const auto bytes = static_cast<std::size_t>(SumCells::bytes_to_clear(elements));
    const bfl::OnDevice device(bfl::stream_at(stream));
    return bfl::result(device.error() == cudaSuccess
                           ? cudaMemsetAsync(bfl::at<void>(sum), 0, bytes, bfl::stream_at(stream))
                           : device.error());
}

std::int32_t bfl_cuda_sum_fold(std::int64_t sum, std::int64_t elements, const std::int64_t* x, const double* weights,
                               std::int32_t vectors, std::int64_t from, std::int64_t to,
                               std::int64_t stream) noexcept {
    if (!is_range(sum, elements, from, to) || vectors < 0) {
        return -EINVAL;
    }
    if (vectors == 0 || from == to) {
        return 0;
    }
    if (!bfl::are_weighted(x, weights, vectors)) {
        return -EINVAL;
    }
    for (std::int32_t v = 0; v < vectors;) {
        Batch batch(SumCells::of(sum, elements));
        for (; v < vectors && batch.has_room(); ++v) {
            batch.add(bfl::at<const float>(x[v]), weights[v]);
        }
        const std::int32_t error = bfl::for_each(batch.fold(), from, to, bfl::stream_at(stream));
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

std::int32_t bfl_cuda_sum_divide(std::int64_t sum, std::int64_t elements, std::int64_t out, double divisor,
                                 std::int64_t from, std::int64_t to, std::int64_t stream) noexcept {
    if (!is_range(sum, elements, from, to) || !std::isfinite(divisor) || divisor <= 0) {
        return -EINVAL;
    }
    if (from == to) {
        return 0;
    }
    if (!bfl::usable<float>(out)) {
        return -EINVAL;
    }
    const bfl::DivideSum divide{SumCells::of(sum, elements), bfl::at<float>(out), divisor};
    return bfl::for_each(divide, from, to, bfl::stream_at(stream));
}

std::int32_t bfl_cuda_sum_part(std::int64_t sum, std::int64_t elements, std::int32_t number, std::int64_t out,
                               std::int64_t from, std::int64_t to, std::int64_t stream) noexcept {
    if (!is_range(sum, elements, from, to) || number < 0) {
        return -EINVAL;
    }
    if (from == to) {
        return 0;
    }
    if (!bfl::usable<double>(out)) {
        return -EINVAL;
    }
    const bfl::SumPart part{SumCells::of(sum, elements), bfl::at<double>(out), number};
    return bfl::for_each(part, from, to, bfl::stream_at(stream));
}
