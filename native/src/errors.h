/* The numbers that stand for errors of CUDA among those of the system. */
#pragma once

#include <cstdint>

namespace bfl {

/** An error of CUDA is this plus its cudaError_t. Errors of the system are below. */
constexpr std::int32_t first_cuda_error = 1000;

/** Returns the text of a cudaError_t. */
const char* cuda_error_text(std::int32_t error) noexcept;

}  // namespace bfl
