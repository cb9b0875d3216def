#include <cuda_runtime_api.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "blazefl4j.h"
#include "calls.h"

static_assert(sizeof(cudaIpcMemHandle_t) == BFL_CUDA_HANDLE_BYTES);

namespace {

/** CUDA exports whole pages: with fewer bytes, also what shares one with them, whose place in it other processes lack. */
constexpr std::int64_t page = std::int64_t{2} << 20;

constexpr std::int64_t most_bytes = std::int64_t{1} << 48;

/** Returns the address that a call has set, or its error. */
std::int64_t address(cudaError_t error, const void* memory) noexcept {
    return error == cudaSuccess ? bfl::address_of(memory) : bfl::result(error);
}

}  // namespace

std::int64_t bfl_cuda_malloc(std::int32_t device, std::int64_t bytes) noexcept {
    if (device < 0 || bytes <= 0 || bytes > most_bytes) {
        return -EINVAL;
    }
    const bfl::OnDevice on(device);
    void* memory = nullptr;
    const auto pages = static_cast<std::size_t>((bytes + page - 1) / page * page);
    const cudaError_t error = on.error() == cudaSuccess ? cudaMalloc(&memory, pages) : on.error();
    return address(error, memory);
}

std::int32_t bfl_cuda_free(std::int64_t address) noexcept {
    return address == 0 ? -EINVAL : bfl::result(cudaFree(bfl::at<void>(address)));
}

std::int64_t bfl_cuda_free_function() noexcept { return reinterpret_cast<std::int64_t>(&bfl_cuda_free); }

std::int32_t bfl_cuda_export(std::int64_t address, std::int8_t* handle) noexcept {
    if (address == 0 || handle == nullptr) {
        return -EINVAL;
    }
    cudaIpcMemHandle_t exported;
    const std::int32_t error = bfl::result(cudaIpcGetMemHandle(&exported, bfl::at<void>(address)));
    if (error == 0) {
        std::memcpy(handle, &exported, sizeof exported);
    }
    return error;
}

std::int64_t bfl_cuda_open(std::int32_t device, const std::int8_t* handle) noexcept {
    if (device < 0 || handle == nullptr) {
        return -EINVAL;
    }
    cudaIpcMemHandle_t exported;
    std::memcpy(&exported, handle, sizeof exported);
    const bfl::OnDevice on(device);
    void* memory = nullptr;
    const cudaError_t error = on.error() == cudaSuccess
                                  ? cudaIpcOpenMemHandle(&memory, exported, cudaIpcMemLazyEnablePeerAccess)
                                  : on.error();
    return address(error, memory);
}

std::int32_t bfl_cuda_close(std::int64_t address) noexcept {
    return address == 0 ? -EINVAL : bfl::result(cudaIpcCloseMemHandle(bfl::at<void>(address)));
}

std::int64_t bfl_cuda_close_function() noexcept { return reinterpret_cast<std::int64_t>(&bfl_cuda_close); }

std::int32_t bfl_cuda_host_register(std::int64_t address, std::int64_t bytes) noexcept {
    if (address == 0 || bytes <= 0) {
        return -EINVAL;
    }
    return bfl::result(
        cudaHostRegister(bfl::at<void>(address), static_cast<std::size_t>(bytes), cudaHostRegisterPortable));
}

std::int32_t bfl_cuda_host_unregister(std::int64_t address) noexcept {
    return address == 0 ? -EINVAL : bfl::result(cudaHostUnregister(bfl::at<void>(address)));
}

std::int32_t bfl_cuda_copy_async(std::int64_t target, std::int64_t source, std::int64_t bytes,
                                 std::int64_t stream) noexcept {
    if (bytes < 0 || (bytes > 0 && (target == 0 || source == 0))) {
        return -EINVAL;
    }
    if (bytes == 0) {
        return 0;
    }
    return bfl::result(cudaMemcpyAsync(bfl::at<void>(target), bfl::at<void>(source), static_cast<std::size_t>(bytes),
                                       cudaMemcpyDefault, bfl::stream_at(stream)));
}

std::int32_t bfl_cuda_fill_async(std::int64_t target, std::int32_t value, std::int64_t bytes,
                                 std::int64_t stream) noexcept {
    if (bytes < 0 || (bytes > 0 && target == 0)) {
        return -EINVAL;
    }
    if (bytes == 0) {
        return 0;
    }
    const bfl::OnDevice on(bfl::stream_at(stream));
    return bfl::result(on.error() == cudaSuccess
                           ? cudaMemsetAsync(bfl::at<void>(target), value, static_cast<std::size_t>(bytes),
                                             bfl::stream_at(stream))
                           : on.error());
}
