// Compiled for AVX2; see width.h.
#include "width.h"

const bfl::step::Kernels& bfl::step::avx2_kernels() noexcept {
    static const Kernels table = BFL_KERNEL_TABLE("avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    return table;
}
