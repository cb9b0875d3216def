/* Calls of the CUDA runtime: their results, and the device that they are about. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "address.h"
#include "errors.h"

namespace bfl {

/** Returns 0 or a negative error of the ABI. Clears it in the runtime: the next call must not return it again. */
inline std::int32_t result(cudaError_t error) noexcept {
    if (error == cudaSuccess) {
        return 0;
    }
    cudaGetLastError();
    return -(first_cuda_error + static_cast<std::int32_t>(error));
}

inline cudaStream_t stream_at(std::int64_t stream) noexcept { return at<CUstream_st>(stream); }

/** Makes a device the calling thread's for the life of this object, since LibTorch has chosen one, too. */
class OnDevice {
  public:
    explicit OnDevice(int device) noexcept : error_(cudaGetDevice(&before_)) { choose(device); }

    /** Makes a stream's device the calling thread's. */
    explicit OnDevice(cudaStream_t stream) noexcept : error_(cudaGetDevice(&before_)) {
        int device = 0;
        if (error_ == cudaSuccess) {
            error_ = cudaStreamGetDevice(stream, &device);
        }
        choose(device);
    }

    ~OnDevice() {
        if (changed_) {
            cudaSetDevice(before_);
        }
    }

    OnDevice(const OnDevice&) = delete;
    OnDevice& operator=(const OnDevice&) = delete;

    /** Returns what went wrong. */
    cudaError_t error() const noexcept { return error_; }

  private:
    void choose(int device) noexcept {
        if (error_ == cudaSuccess && device != before_) {
            error_ = cudaSetDevice(device);
            changed_ = error_ == cudaSuccess;
        }
    }

    int before_ = 0;
    bool changed_ = false;
    cudaError_t error_;
};

}  // namespace bfl
