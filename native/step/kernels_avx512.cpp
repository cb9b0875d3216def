// Compiled for AVX-512; see width.h.
#include "width.h"

const bfl::step::Kernels& bfl::step::avx512_kernels() noexcept {
    static const Kernels table = BFL_KERNEL_TABLE("avx512", __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"));
    return table;
}
