/* The arithmetic kernels, one for each vector width; tests compare their bits. */
#pragma once

#include <cstdint>

namespace bfl {

using Fold = void (*)(double* acc, const float* x, double weight, std::int64_t count);

/** A fold kernel and whether this processor can run it. */
struct FoldKernel {
    const char* name;
    bool supported;
    Fold fold;
};

/** All kernels, the widest first; the last one runs everywhere. */
constexpr int fold_kernels = 3;
const FoldKernel* fold_kernel_table() noexcept;

}  // namespace bfl
