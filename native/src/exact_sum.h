/* Exact sums of weighted vectors, with any kernels. Ranges of elements begin at a block, and end at one or at the end. */
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "exact_block.h"
#include "exact_kernels.h"

namespace bfl {

class ExactSum {
  public:
    /** Returns null if there is no memory. */
    static std::unique_ptr<ExactSum> create(std::int64_t elements, const ExactKernels& kernels) noexcept;

    std::int64_t elements() const noexcept { return elements_; }

    void clear() noexcept;

    /** As bfl_exact_sum_fold. Returns false if there is no memory, as the functions below do. */
    bool fold(const std::int64_t* x, const double* weights, std::int32_t vectors, std::int64_t from,
              std::int64_t to) noexcept;

    /** Adds doubles that FixedPoint holds, infinities or NaNs. */
    bool add(const double* terms, std::int64_t from, std::int64_t to) noexcept;

    bool add(const ExactSum& other, std::int64_t from, std::int64_t to) noexcept;

    void divide(float* out, double divisor, std::int64_t from, std::int64_t to) const noexcept;

    /** As bfl_exact_sum_part. */
    bool part(double* out, int number, std::int64_t from, std::int64_t to) const noexcept;

  private:
    struct Batch;
    struct Free {
        void operator()(Sums* sums) const noexcept { std::free(sums); }
    };

    ExactSum(std::int64_t elements, const ExactKernels& kernels) noexcept;
    std::int64_t blocks() const noexcept { return (elements_ + block - 1) / block; }
    bool fold(Batch batch, std::int64_t from, std::int64_t to) noexcept;
    bool fold_blocks(Batch batch, std::int64_t first, std::int64_t last) noexcept;

    const std::int64_t elements_;
    const ExactKernels& kernels_;
    const std::unique_ptr<Sums[], Free> sums_;
    const std::unique_ptr<Block[]> blocks_;
};

}  // namespace bfl
