/* Runs a function object for each element of a range in the order of a stream, on the stream's device. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "calls.h"

namespace bfl {

/** With as many elements, the blocks of threads are as many as a launch may have at most. */
constexpr std::int64_t most_elements = std::int64_t{1} << 38;

#ifdef __CUDACC__

constexpr int threads_a_block = 256;

template <typename Function>
__global__ void __launch_bounds__(threads_a_block)
    run(const __grid_constant__ Function function, std::int64_t from, std::int64_t to) {
    const std::int64_t i = from + static_cast<std::int64_t>(blockIdx.x) * threads_a_block + threadIdx.x;
    if (i < to) {
        function(i);
    }
}

template <typename Function>
cudaError_t launch(const Function& function, std::int64_t from, std::int64_t to, cudaStream_t stream) noexcept {
    const std::int64_t blocks = (to - from + threads_a_block - 1) / threads_a_block;
    void* arguments[] = {const_cast<Function*>(&function), &from, &to};
    return cudaLaunchKernel(reinterpret_cast<const void*>(&run<Function>), dim3(static_cast<unsigned>(blocks)),
                            dim3(threads_a_block), arguments, 0, stream);
}

#else

// Tests build this without nvcc; their runtime runs the loop.
template <typename Function>
cudaError_t launch(const Function& function, std::int64_t from, std::int64_t to, cudaStream_t stream) noexcept {
    const auto loop = [](const void* copy, std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            (*static_cast<const Function*>(copy))(i);
        }
    };
    return cudaLaunchOnHost(loop, &function, sizeof function, from, to, stream);
}

#endif

/** Function objects are copied into the launch; 4 KiB of parameters are what every device takes. */
template <typename Function>
std::int32_t for_each(const Function& function, std::int64_t from, std::int64_t to, cudaStream_t stream) noexcept {
    static_assert(sizeof(Function) <= 4096 - 2 * sizeof(std::int64_t));
    const OnDevice device(stream);
    return result(device.error() == cudaSuccess ? launch(function, from, to, stream) : device.error());
}

}  // namespace bfl
