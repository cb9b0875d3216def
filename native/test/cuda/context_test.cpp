// Which devices have a context: one takes hundreds of MB of a device, whether it is used or not.

#include <cuda_runtime_api.h>

#include <cstdint>

#include "blazefl4j.h"
#include "device.h"
#include "expect.h"
#include "fake_cuda.h"

namespace {

/** Uses the second device, and returns the calling thread's then. */
int device_after_use_of_another() {
    const std::int64_t memory = bfl_cuda_malloc(1, 1);
    EXPECT(memory > 0);
    EXPECT_EQ(bfl_cuda_stream_after(1, device::Stream().address(), 0), 0);
    EXPECT_EQ(bfl_cuda_free(memory), 0);
    int device = -1;
    EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
    return device;
}

}  // namespace

TEST(a_device_that_nobody_uses_gets_no_context) {
    fake_cuda::forget_contexts();
    EXPECT_EQ(device_after_use_of_another(), 1);
    EXPECT(fake_cuda::has_context(1));
    EXPECT(!fake_cuda::has_context(0));
}

TEST(a_thread_goes_back_to_a_device_in_use) {
    EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
    EXPECT_EQ(device_after_use_of_another(), 0);
}
