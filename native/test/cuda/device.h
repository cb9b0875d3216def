/* What tests on a device need: memory of it, streams, and copies that are done when they return. */
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <vector>

#include "address.h"
#include "expect.h"

namespace device {

class Stream {
  public:
    Stream() { EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    std::int64_t address() const { return bfl::address_of(stream_); }
    void finish() const { EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess); }

  private:
    cudaStream_t stream_;
};

inline void copy(void* to, const void* from, std::size_t bytes) {
    const Stream stream;
    EXPECT_EQ(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, bfl::at<CUstream_st>(stream.address())), cudaSuccess);
    stream.finish();
}

/** Memory on the current device, for numbers of a type. */
template <typename T>
class Memory {
  public:
    explicit Memory(std::size_t count) : count_(count) {
        EXPECT_EQ(cudaMalloc(&memory_, count * sizeof(T)), cudaSuccess);
    }
    explicit Memory(const std::vector<T>& numbers) : Memory(numbers.size()) {
        copy(memory_, numbers.data(), count_ * sizeof(T));
    }
    Memory(Memory&& other) noexcept : memory_(other.memory_), count_(other.count_) { other.memory_ = nullptr; }
    ~Memory() {
        if (memory_ != nullptr) {
            cudaFree(memory_);
        }
    }

    std::int64_t address() const { return bfl::address_of(memory_); }

    std::vector<T> numbers() const {
        std::vector<T> result(count_);
        copy(result.data(), memory_, count_ * sizeof(T));
        return result;
    }

  private:
    void* memory_ = nullptr;
    std::size_t count_;
};

}  // namespace device
