#include <cerrno>
#include <cstdint>
#include <cstring>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

TEST(a_library_without_cuda_says_so_in_each_call) {
    std::int8_t handle[BFL_CUDA_HANDLE_BYTES] = {};
    const std::int64_t at = bfl::address_of(handle);
    const double weight = 1;
    const std::int64_t results[] = {bfl_cuda_malloc(0, 1),
                                    bfl_cuda_free(at),
                                    bfl_cuda_free_function(),
                                    bfl_cuda_export(at, handle),
                                    bfl_cuda_open(0, handle),
                                    bfl_cuda_close(at),
                                    bfl_cuda_close_function(),
                                    bfl_cuda_host_register(at, 1),
                                    bfl_cuda_host_unregister(at),
                                    bfl_cuda_copy_async(at, at, 1, 0),
                                    bfl_cuda_fill_async(at, 0, 1, 0),
                                    bfl_cuda_event_create(0),
                                    bfl_cuda_event_free(at),
                                    bfl_cuda_event_record(at, 0),
                                    bfl_cuda_event_done(at),
                                    bfl_cuda_stream_wait(0, at),
                                    bfl_cuda_stream_after(0, at, 0),
                                    bfl_cuda_stream_finish(0),
                                    bfl_cuda_sticky_error(0),
                                    bfl_cuda_sum_bytes(1),
                                    bfl_cuda_sum_clear(at, 1, 0),
                                    bfl_cuda_sum_fold(at, 1, &at, &weight, 1, 0, 1, 0),
                                    bfl_cuda_sum_divide(at, 1, at, 1, 0, 1, 0),
                                    bfl_cuda_sum_part(at, 1, 0, at, 0, 1, 0)};
    for (const std::int64_t result : results) {
        EXPECT_EQ(result, -ENOSYS);
    }
    EXPECT_EQ(bfl_cuda_device_count(), 0);
    EXPECT(std::strlen(bfl_cuda_why_none()) > 0);
    EXPECT(std::strstr(bfl_error_text(1002), "CUDA") != nullptr);
    EXPECT_EQ(std::string(bfl_error_text(ENOSYS)), "Function not implemented");
}
