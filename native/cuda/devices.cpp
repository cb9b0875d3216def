#include <cuda_runtime_api.h>

#include <cstdint>

#include "blazefl4j.h"
#include "errors.h"

namespace {

// The runtime is linked statically and opens the driver itself, so this loads without a driver.
cudaError_t count_devices(int* count) {
    const cudaError_t error = cudaGetDeviceCount(count);
    if (error != cudaSuccess) {
        *count = 0;
        cudaGetLastError();  // clears the error for later checks
    }
    return error;
}

}  // namespace

const char* bfl::cuda_error_text(std::int32_t error) noexcept {
    return cudaGetErrorString(static_cast<cudaError_t>(error));
}

std::int32_t bfl_cuda_device_count() noexcept {
    int count;
    count_devices(&count);
    return count;
}

const char* bfl_cuda_why_none() noexcept {
    int count;
    const cudaError_t error = count_devices(&count);
    if (error != cudaSuccess) {
        return cudaGetErrorString(error);
    }
    return count > 0 ? "" : "the driver knows no device";
}
