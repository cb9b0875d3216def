#include "exact_sum.h"

#include <xmmintrin.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "address.h"
#include "blazefl4j.h"
#include "fixed_point.h"
#include "kernels.h"
#include "weights.h"

static_assert(bfl::block == BFL_EXACT_SUM_BLOCK);

namespace {

using bfl::block;
using bfl::ExactKernels;
using bfl::ExactSum;
using bfl::FixedPoint;
using bfl::Magnitudes;
using bfl::Terms;
using bfl::Vectors;

/** Sets the calling thread's rounding and denormal modes to their defaults for the life of this object. */
class DefaultArithmetic {
  public:
    DefaultArithmetic() noexcept : before_(_mm_getcsr()) { _mm_setcsr(masked_exceptions_only); }
    ~DefaultArithmetic() { _mm_setcsr(before_); }
    DefaultArithmetic(const DefaultArithmetic&) = delete;
    DefaultArithmetic& operator=(const DefaultArithmetic&) = delete;

  private:
    static constexpr unsigned masked_exceptions_only = 0x1f80;
    const unsigned before_;
};

/** Calls work(first element, number of elements) for each block of a range. */
template <typename Work>
void for_each_block(std::int64_t from, std::int64_t to, Work work) {
    for (std::int64_t at = from; at < to; at += block) {
        work(at, std::min<std::int64_t>(block, to - at));
    }
}

/** Returns whether all bits are 0, as most blocks of a sum's second part are. Some zeros have a sign. */
bool are_zeros(const double* values, std::int64_t count) noexcept {
    std::uint64_t all = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        all |= bfl::bits_of(values[i]);
    }
    return all == 0;
}

Terms terms_of(const double* values) noexcept {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Terms terms;
    std::uint64_t greatest = 0;
    for (int i = 0; i < block; ++i) {
        if (values[i] != 0) {
            greatest = std::max(greatest, bfl::bits_of(values[i]) & ~sign);  // ordered as magnitudes, and a NaN is the greatest
            terms.lowest = std::min(terms.lowest, bfl::lowest_bit(values[i]));
        }
    }
    terms.bound = bfl::double_of(std::min(greatest, bfl::bits_of(infinity)));
    return terms;
}

}  // namespace

/** Some of the vectors of a fold, which are added in one pass. */
struct bfl::ExactSum::Batch {
    /** Measured (exact_sum_bench): more are more streams than the processor prefetches well. */
    static constexpr int enough = 5;

    Vectors vectors;
    double weight = 0;
    int lowest = std::numeric_limits<int>::max();

    void add(const float* x, double w) noexcept {
        weight += w;
        lowest = std::min(lowest, lowest_bit(w));
        const double upper = upper_bits(w);
        push(x, upper);
        if (w != upper) {
            push(x, w - upper);
        }
    }

    void push(const float* x, double w) noexcept {
        vectors.x[vectors.count] = x;
        vectors.weights[vectors.count] = w;
        ++vectors.count;
    }

    void advance(std::int64_t elements) noexcept {
        std::for_each(vectors.x, vectors.x + vectors.count, [elements](const float*& x) { x += elements; });
    }

    Terms terms(const Magnitudes& magnitudes) const noexcept {
        if (magnitudes.greatest == 0) {
            return {};
        }
        float greatest;
        std::memcpy(&greatest, &magnitudes.greatest, sizeof greatest);
        const int exponent = static_cast<int>((magnitudes.below_least + 1) >> 23);
        return {weight * greatest, lowest + std::max(1, exponent) - 150};
    }
};

bfl::ExactSum::ExactSum(std::int64_t elements, const ExactKernels& kernels) noexcept
    : elements_(elements),
      kernels_(kernels),
      sums_(static_cast<Sums*>(std::aligned_alloc(alignof(Sums), blocks() * sizeof(Sums)))),
      blocks_(new (std::nothrow) Block[static_cast<std::size_t>(blocks())]) {}

std::unique_ptr<ExactSum> bfl::ExactSum::create(std::int64_t elements, const ExactKernels& kernels) noexcept {
    constexpr std::int64_t own_mapping = 32 << 20;  // from this size on, malloc always maps memory
    std::unique_ptr<ExactSum> sum(new (std::nothrow) ExactSum(elements, kernels));
    if (sum == nullptr || sum->blocks_ == nullptr || (sum->sums_ == nullptr && elements > 0)) {
        return nullptr;
    }
    const auto bytes = static_cast<std::int64_t>(sum->blocks() * sizeof(Sums));
    if (bytes >= own_mapping) {
        bfl_advise_huge_pages(address_of(sum->sums_.get()), bytes);  // a failure costs only speed
    }
    return sum;
}

void bfl::ExactSum::clear() noexcept {
    std::for_each(blocks_.get(), blocks_.get() + blocks(), [](Block& each) { each.clear(); });
}

bool bfl::ExactSum::fold(const std::int64_t* x, const double* weights, std::int32_t vectors, std::int64_t from,
                         std::int64_t to) noexcept {
    constexpr std::int64_t at_once = 1 << 15;  // whose sums stay in the second-level cache
    bool enough_memory = true;
    for (std::int64_t start = from; start < to; start += at_once) {
        for (std::int32_t v = 0; v < vectors;) {
            Batch batch;
            for (; v < vectors && batch.vectors.count < Batch::enough; ++v) {
                batch.add(at<const float>(x[v]), weights[v]);
            }
            batch.advance(start);
            enough_memory &= fold(batch, start, std::min(start + at_once, to));
        }
    }
    return enough_memory;
}

/** Fills the last block up with zeros. */
bool bfl::ExactSum::fold(Batch batch, std::int64_t from, std::int64_t to) noexcept {
    const std::int64_t rest = (to - from) % block;
    const std::int64_t last = (to - rest) / block;
    const bool enough_memory = fold_blocks(batch, from / block, last);
    if (rest == 0) {
        return enough_memory;
    }
    float filled[most_vectors][block] = {};
    batch.advance(to - rest - from);
    for (int v = 0; v < batch.vectors.count; ++v) {
        std::copy_n(batch.vectors.x[v], rest, filled[v]);
        batch.vectors.x[v] = filled[v];
    }
    return fold_blocks(batch, last, last + 1) && enough_memory;
}

bool bfl::ExactSum::fold_blocks(Batch batch, std::int64_t first, std::int64_t last) noexcept {
    constexpr int ahead = 8;
    bool enough_memory = true;
    bool measured = false;
    Magnitudes magnitudes;
    for (std::int64_t b = first; b < last; ++b, batch.advance(block)) {
        __builtin_prefetch(blocks_.get() + b + ahead);
        const Terms terms = batch.terms(measured ? magnitudes : kernels_.measure(batch.vectors));
        measured = false;
        if (!terms.any()) {
            continue;
        }
        if (!blocks_[b].prepare(terms, sums_[b])) {
            enough_memory = false;
        } else if (blocks_[b].is_wide()) {
            blocks_[b].add_wide(batch.vectors);
        } else {
            measured = b + 1 < last;
            kernels_.deposit(sums_[b], batch.vectors, measured ? &magnitudes : nullptr);
        }
    }
    return enough_memory;
}

bool bfl::ExactSum::add(const double* terms, std::int64_t from, std::int64_t to) noexcept {
    bool enough_memory = true;
    for_each_block(from, to, [&](std::int64_t at, std::int64_t elements) {
        if (are_zeros(terms + at, elements)) {
            return;
        }
        double filled[block] = {};
        std::copy_n(terms + at, elements, filled);
        Block& target = blocks_[at / block];
        const Terms known = terms_of(filled);
        if (known.any()) {
            const bool prepared = target.prepare(known, sums_[at / block]);
            if (prepared) {
                target.add(filled, sums_[at / block]);
            }
            enough_memory &= prepared;
        }
    });
    return enough_memory;
}

bool bfl::ExactSum::add(const ExactSum& other, std::int64_t from, std::int64_t to) noexcept {
    bool enough_memory = true;
    for_each_block(from, to, [&](std::int64_t at, std::int64_t) {
        const std::int64_t b = at / block;
        enough_memory &= blocks_[b].add(other.blocks_[b], other.sums_[b], sums_[b]);
    });
    return enough_memory;
}

void bfl::ExactSum::divide(float* out, double divisor, std::int64_t from, std::int64_t to) const noexcept {
    for_each_block(from, to, [&](std::int64_t at, std::int64_t elements) {
        float last[block];
        float* const target = elements == block ? out + at : last;
        blocks_[at / block].divide(target, divisor, sums_[at / block], kernels_);
        if (target == last) {
            std::copy_n(last, elements, out + at);
        }
    });
}

bool bfl::ExactSum::part(double* out, int number, std::int64_t from, std::int64_t to) const noexcept {
    bool any = false;
    for_each_block(from, to, [&](std::int64_t at, std::int64_t elements) {
        if (!blocks_[at / block].has_part(number)) {
            if (out != nullptr) {
                std::fill_n(out + at, elements, 0.0);
            }
            return;
        }
        double values[block];
        blocks_[at / block].part(values, number, sums_[at / block]);
        any |= !std::all_of(values, values + elements, [](double value) { return value == 0; });
        if (out != nullptr) {
            std::copy_n(values, elements, out + at);
        }
    });
    return any;
}

namespace {

bool is_range(const ExactSum& sum, std::int64_t from, std::int64_t to) noexcept {
    return 0 <= from && from <= to && to <= sum.elements() && from % block == 0 &&
           (to % block == 0 || to == sum.elements());
}

/** Returns the sum at an address, or null if it cannot be one that has this range. */
ExactSum* checked(std::int64_t address, std::int64_t from, std::int64_t to) noexcept {
    if (!bfl::usable<ExactSum>(address)) {
        return nullptr;
    }
    auto* sum = bfl::at<ExactSum>(address);
    return is_range(*sum, from, to) ? sum : nullptr;
}

bool is_term(double value) noexcept { return !std::isfinite(value) || FixedPoint::holds(value); }

std::int32_t result(bool enough_memory) noexcept { return enough_memory ? 0 : -ENOMEM; }

}  // namespace

std::int64_t bfl_exact_sum_create(std::int64_t elements) noexcept {
    constexpr std::int64_t limit = std::int64_t{1} << 48;
    if (elements < 0) {
        return -EINVAL;
    }
    auto sum = elements < limit ? ExactSum::create(elements, bfl::widest(bfl::exact_kernel_table())) : nullptr;
    return sum == nullptr ? -ENOMEM : bfl::address_of(sum.release());
}

std::int32_t bfl_exact_sum_free(std::int64_t sum) noexcept {
    if (!bfl::usable<ExactSum>(sum)) {
        return -EINVAL;
    }
    delete bfl::at<ExactSum>(sum);
    return 0;
}

std::int32_t bfl_exact_sum_clear(std::int64_t sum) noexcept {
    if (!bfl::usable<ExactSum>(sum)) {
        return -EINVAL;
    }
    bfl::at<ExactSum>(sum)->clear();
    return 0;
}

std::int32_t bfl_exact_sum_fold(std::int64_t sum, const std::int64_t* x, const double* weights, std::int32_t vectors,
                                std::int64_t from, std::int64_t to) noexcept {
    ExactSum* const target = checked(sum, from, to);
    if (target == nullptr || vectors < 0) {
        return -EINVAL;
    }
    if (vectors == 0 || from == to) {
        return 0;
    }
    if (!bfl::are_weighted(x, weights, vectors)) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    return result(target->fold(x, weights, vectors, from, to));
}

std::int32_t bfl_exact_sum_merge(std::int64_t sum, std::int64_t other, std::int64_t from, std::int64_t to) noexcept {
    ExactSum* const target = checked(sum, from, to);
    const ExactSum* const source = checked(other, from, to);
    if (target == nullptr || source == nullptr || target == source || target->elements() != source->elements()) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    return result(target->add(*source, from, to));
}

std::int32_t bfl_exact_sum_add(std::int64_t sum, std::int64_t x, std::int64_t from, std::int64_t to) noexcept {
    ExactSum* const target = checked(sum, from, to);
    if (target == nullptr) {
        return -EINVAL;
    }
    if (from == to) {
        return 0;
    }
    if (!bfl::usable<double>(x)) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    const auto* terms = bfl::at<const double>(x);
    bool known = true;
    for_each_block(from, to, [&](std::int64_t at, std::int64_t elements) {
        known &= are_zeros(terms + at, elements) || std::all_of(terms + at, terms + at + elements, is_term);
    });
    if (!known) {
        return -EDOM;
    }
    return result(target->add(terms, from, to));
}

std::int32_t bfl_exact_sum_divide(std::int64_t sum, std::int64_t out, double divisor, std::int64_t from,
                                  std::int64_t to) noexcept {
    const ExactSum* const source = checked(sum, from, to);
    if (source == nullptr || !std::isfinite(divisor) || divisor <= 0) {
        return -EINVAL;
    }
    if (from == to) {
        return 0;
    }
    if (!bfl::usable<float>(out)) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    source->divide(bfl::at<float>(out), divisor, from, to);
    return 0;
}

std::int32_t bfl_exact_sum_part(std::int64_t sum, std::int32_t number, std::int64_t out, std::int64_t from,
                                std::int64_t to) noexcept {
    const ExactSum* const source = checked(sum, from, to);
    if (source == nullptr || number < 0) {
        return -EINVAL;
    }
    if (from == to) {
        return 0;
    }
    if (out != 0 && !bfl::usable<double>(out)) {
        return -EINVAL;
    }
    const DefaultArithmetic arithmetic;
    return source->part(bfl::at<double>(out), number, from, to) ? 1 : 0;
}
