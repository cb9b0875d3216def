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

/** Returns whether a device has a context; true if the driver does not say. Call it with a device that has one chosen. */
inline bool has_context(int device) noexcept {
    using GetState = int (*)(int device, unsigned* flags, int* active);
    static const auto get_state = [] {
        void* found = nullptr;
        cudaDriverEntryPointQueryResult answer;
        constexpr unsigned since = 7000;
        result(cudaGetDriverEntryPointByVersion("cuDevicePrimaryCtxGetState", &found, since, cudaEnableDefault, &answer));
        return reinterpret_cast<GetState>(found);
    }();
    unsigned flags;
    int active = 0;
    return get_state == nullptr || get_state(device, &flags, &active) != 0 || active != 0;
}

/**
 * Makes a device the calling thread's for the life of this object, since LibTorch has chosen one, too. If that one has no
 * context, the thread stays here, as after LibTorch's own choices: to choose it would make one, of hundreds of MB.
 */
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
        if (changed_ && has_context(before_)) {
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
