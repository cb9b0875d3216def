#include <cstdint>

#include "blazefl4j.h"

// Replaces devices.cu in builds without CUDA.

std::int32_t bfl_cuda_device_count() noexcept {
    return 0;
}

const char* bfl_cuda_why_none() noexcept {
    return "the native library was built without CUDA: there was no nvcc";
}
