// Runs on a device, too: there is nothing here of the runtime without one.

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "blazefl4j.h"
#include "device.h"
#include "expect.h"

namespace {

constexpr std::int64_t count = 1000;
constexpr std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(std::int32_t));
constexpr std::int32_t invalid = -1001;

std::vector<std::int32_t> numbers(std::int32_t first) {
    std::vector<std::int32_t> result(count);
    for (std::int32_t& each : result) {
        each = first++;
    }
    return result;
}

/** Memory of the host that is registered. */
struct Registered {
    explicit Registered(std::vector<std::int32_t> of) : numbers(std::move(of)) {
        EXPECT_EQ(bfl_cuda_host_register(address(), bytes), 0);
    }
    ~Registered() { EXPECT_EQ(bfl_cuda_host_unregister(address()), 0); }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;

    std::int64_t address() { return bfl::address_of(numbers.data()); }

    std::vector<std::int32_t> numbers;
};

}  // namespace

TEST(what_is_copied_to_a_device_comes_back) {
    const std::int64_t memory = bfl_cuda_malloc(0, 2 * bytes);
    EXPECT(memory > 0);
    const device::Stream stream;
    Registered from(numbers(7));
    Registered to(numbers(0));
    EXPECT_EQ(bfl_cuda_copy_async(memory, from.address(), bytes, stream.address()), 0);
    EXPECT_EQ(bfl_cuda_copy_async(memory + bytes, memory, bytes, stream.address()), 0);
    EXPECT_EQ(bfl_cuda_copy_async(to.address(), memory + bytes, bytes, stream.address()), 0);
    EXPECT_EQ(bfl_cuda_stream_finish(stream.address()), 0);
    EXPECT(to.numbers == numbers(7));
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}

TEST(a_copy_of_memory_that_is_not_registered_is_done_on_return) {
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    const device::Stream stream;
    std::vector<std::int32_t> host = numbers(3);
    EXPECT_EQ(bfl_cuda_copy_async(memory, bfl::address_of(host.data()), bytes, stream.address()), 0);
    host = numbers(0);
    EXPECT_EQ(bfl_cuda_copy_async(bfl::address_of(host.data()), memory, bytes, stream.address()), 0);
    EXPECT(host == numbers(3));
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}

TEST(fills_bytes) {
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    const device::Stream stream;
    std::vector<std::int32_t> host(count);
    EXPECT_EQ(bfl_cuda_fill_async(memory, 0x41, bytes, stream.address()), 0);
    EXPECT_EQ(bfl_cuda_copy_async(bfl::address_of(host.data()), memory, bytes, stream.address()), 0);
    EXPECT(host == std::vector<std::int32_t>(count, 0x41414141));
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}

TEST(a_stream_waits_for_what_another_had_queued_when_the_event_was_recorded) {
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    const std::int64_t event = bfl_cuda_event_create(0);
    EXPECT(event > 0);
    EXPECT_EQ(bfl_cuda_event_done(event), 1);
    Registered to(numbers(0));
    for (std::int32_t round = 1; round <= 50; ++round) {
        const device::Stream writer;
        const device::Stream reader;
        Registered from(numbers(round));
        EXPECT_EQ(bfl_cuda_copy_async(memory, from.address(), bytes, writer.address()), 0);
        EXPECT_EQ(bfl_cuda_event_record(event, writer.address()), 0);
        EXPECT_EQ(bfl_cuda_stream_wait(reader.address(), event), 0);
        EXPECT_EQ(bfl_cuda_copy_async(to.address(), memory, bytes, reader.address()), 0);
        EXPECT_EQ(bfl_cuda_stream_finish(reader.address()), 0);
        EXPECT(to.numbers == numbers(round));
        EXPECT_EQ(bfl_cuda_event_done(event), 1);
    }
    EXPECT_EQ(bfl_cuda_event_free(event), 0);
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}

TEST(a_stream_waits_for_what_another_was_given) {
    for (std::int32_t device = 0; device < bfl_cuda_device_count(); ++device) {
        EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
        const std::int64_t memory = bfl_cuda_malloc(device, bytes);
        const device::Stream reader;
        const device::Stream writer;
        EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
        Registered to(numbers(0));
        for (std::int32_t round = 1; round <= 50; ++round) {
            Registered from(numbers(round));
            EXPECT_EQ(bfl_cuda_copy_async(memory, from.address(), bytes, writer.address()), 0);
            EXPECT_EQ(bfl_cuda_stream_after(device, 0, writer.address()), 0);
            EXPECT_EQ(bfl_cuda_stream_after(device, reader.address(), 0), 0);
            EXPECT_EQ(bfl_cuda_copy_async(to.address(), memory, bytes, reader.address()), 0);
            EXPECT_EQ(bfl_cuda_stream_finish(reader.address()), 0);
            EXPECT(to.numbers == numbers(round));
        }
        EXPECT_EQ(bfl_cuda_free(memory), 0);
    }
}

TEST(memory_of_a_region_is_freed_with_its_last_storage) {
    struct FunctionObject {
        void (*function)(void*);
        void* object;
    };
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    const std::int64_t region = bfl_region_add_with(memory, bytes, bytes, bfl_cuda_free_function());
    EXPECT(region > 0);
    EXPECT_EQ(bfl_region_retain(region, memory), 0);
    EXPECT_EQ(bfl_region_close(region), 1);
    const device::Stream stream;
    EXPECT_EQ(bfl_cuda_fill_async(memory, 1, bytes, stream.address()), 0);
    bfl::at<FunctionObject>(bfl_region_deleter())->function(bfl::at<void>(memory));
    EXPECT_EQ(bfl_cuda_free(memory), invalid);
}

TEST(an_event_says_when_it_is_done) {
    const std::int64_t event = bfl_cuda_event_create(0);
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    const device::Stream stream;
    EXPECT_EQ(bfl_cuda_fill_async(memory, 1, bytes, stream.address()), 0);
    EXPECT_EQ(bfl_cuda_event_record(event, stream.address()), 0);
    std::int32_t done = 0;
    while (done == 0) {
        done = bfl_cuda_event_done(event);
    }
    EXPECT_EQ(done, 1);
    EXPECT_EQ(bfl_cuda_sticky_error(stream.address()), 0);
    EXPECT_EQ(bfl_cuda_event_free(event), 0);
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}

TEST(errors_of_cuda_have_their_numbers_and_texts_and_are_not_kept) {
    EXPECT_EQ(bfl_cuda_malloc(1000, 1), -1101);
    EXPECT_EQ(bfl_cuda_event_create(1000), -1101);
    EXPECT_EQ(bfl_cuda_malloc(0, std::int64_t{1} << 47), -1002);
    EXPECT_EQ(std::string(bfl_error_text(1002)), "out of memory");
    EXPECT_EQ(std::string(bfl_error_text(EINVAL)), "Invalid argument");
    std::int8_t handle[BFL_CUDA_HANDLE_BYTES] = {};
    EXPECT(bfl_cuda_open(0, handle) < -1000);
    EXPECT_EQ(bfl_cuda_free(bfl::address_of(handle)), invalid);
    EXPECT_EQ(bfl_cuda_host_unregister(bfl::address_of(handle)), -1713);
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
    EXPECT_EQ(bfl_cuda_sticky_error(0), 0);
}

TEST(calls_with_wrong_arguments_are_refused) {
    std::int8_t handle[BFL_CUDA_HANDLE_BYTES] = {};
    const std::int64_t host = bfl::address_of(handle);
    EXPECT_EQ(bfl_cuda_malloc(-1, 1), -EINVAL);
    EXPECT_EQ(bfl_cuda_malloc(0, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_malloc(0, (std::int64_t{1} << 48) + 1), -EINVAL);
    EXPECT_EQ(bfl_cuda_free(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_export(0, handle), -EINVAL);
    EXPECT_EQ(bfl_cuda_export(host, nullptr), -EINVAL);
    EXPECT_EQ(bfl_cuda_open(-1, handle), -EINVAL);
    EXPECT_EQ(bfl_cuda_open(0, nullptr), -EINVAL);
    EXPECT_EQ(bfl_cuda_close(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_host_register(0, 1), -EINVAL);
    EXPECT_EQ(bfl_cuda_host_register(host, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_host_unregister(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_copy_async(host, host, -1, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_copy_async(0, host, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_copy_async(host, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_copy_async(0, 0, 0, 0), 0);
    EXPECT_EQ(bfl_cuda_fill_async(host, 0, -1, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_fill_async(0, 0, 1, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_fill_async(0, 0, 0, 0), 0);
    EXPECT_EQ(bfl_cuda_event_create(-1), -EINVAL);
    EXPECT_EQ(bfl_cuda_event_free(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_event_record(0, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_event_done(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_stream_wait(0, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_stream_after(-1, host, 0), -EINVAL);
    EXPECT_EQ(bfl_cuda_stream_after(0, host, host), 0);
}
