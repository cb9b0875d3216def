#include <cuda_runtime_api.h>

#include <cerrno>
#include <cstdint>

#include "blazefl4j.h"
#include "calls.h"

namespace {

cudaEvent_t event_at(std::int64_t event) noexcept { return bfl::at<CUevent_st>(event); }

/** Asks the device; what it has not done yet is no error. */
std::int32_t query(cudaStream_t stream) noexcept {
    const cudaError_t answer = cudaStreamQuery(stream);
    return answer == cudaErrorNotReady ? 0 : bfl::result(answer);
}

}  // namespace

std::int64_t bfl_cuda_event_create(std::int32_t device) noexcept {
    if (device < 0) {
        return -EINVAL;
    }
    const bfl::OnDevice on(device);
    cudaEvent_t event = nullptr;
    const std::int32_t error = bfl::result(
        on.error() == cudaSuccess ? cudaEventCreateWithFlags(&event, cudaEventDisableTiming) : on.error());
    return error == 0 ? bfl::address_of(event) : error;
}

std::int32_t bfl_cuda_event_free(std::int64_t event) noexcept {
    return event == 0 ? -EINVAL : bfl::result(cudaEventDestroy(event_at(event)));
}

std::int32_t bfl_cuda_event_record(std::int64_t event, std::int64_t stream) noexcept {
    return event == 0 ? -EINVAL : bfl::result(cudaEventRecord(event_at(event), bfl::stream_at(stream)));
}

std::int32_t bfl_cuda_event_done(std::int64_t event) noexcept {
    if (event == 0) {
        return -EINVAL;
    }
    const cudaError_t answer = cudaEventQuery(event_at(event));
    if (answer == cudaErrorNotReady) {
        return 0;
    }
    const std::int32_t error = bfl::result(answer);
    return error == 0 ? 1 : error;
}

std::int32_t bfl_cuda_stream_wait(std::int64_t stream, std::int64_t event) noexcept {
    return event == 0 ? -EINVAL : bfl::result(cudaStreamWaitEvent(bfl::stream_at(stream), event_at(event), 0));
}

std::int32_t bfl_cuda_stream_after(std::int32_t device, std::int64_t stream, std::int64_t other) noexcept {
    if (device < 0) {
        return -EINVAL;
    }
    if (stream == other) {
        return 0;
    }
    const bfl::OnDevice on(device);  // whose default stream is 0
    cudaEvent_t event = nullptr;
    cudaError_t error = on.error();
    if (error == cudaSuccess) {
        error = cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
    }
    if (error == cudaSuccess) {
        error = cudaEventRecord(event, bfl::stream_at(other));
    }
    if (error == cudaSuccess) {
        error = cudaStreamWaitEvent(bfl::stream_at(stream), event, 0);
    }
    const std::int32_t result = bfl::result(error);
    if (event != nullptr) {
        bfl::result(cudaEventDestroy(event));  // the stream goes on waiting for what it stood for
    }
    return result;
}

std::int32_t bfl_cuda_stream_finish(std::int64_t stream) noexcept {
    return bfl::result(cudaStreamSynchronize(bfl::stream_at(stream)));
}

std::int32_t bfl_cuda_sticky_error(std::int64_t stream) noexcept {
    // The first answer may be that of an earlier call; a lost context gives the same answer for ever.
    return query(bfl::stream_at(stream)) == 0 ? 0 : query(bfl::stream_at(stream));
}
