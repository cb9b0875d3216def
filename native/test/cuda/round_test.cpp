// A round's way through the layer: results come from the host and from a worker's stream, and are summed on another one.
// With faults at each call, and without an event: what the runtime without devices is for.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "blazefl4j.h"
#include "clients.h"
#include "device.h"
#include "expect.h"
#include "fake_cuda.h"

namespace {

constexpr std::size_t elements = 300;
constexpr auto count = static_cast<std::int64_t>(elements);
constexpr auto bytes = static_cast<std::int64_t>(elements * sizeof(float));
constexpr double weights[] = {3, 0.1};
const std::string nothing = "0 blocks, 0 events, 0 streams, 0 registrations";

/** What a call has made, undone by another one. */
class Owned {
  public:
    Owned(std::int64_t what, std::int32_t (*undo)(std::int64_t), std::int32_t& error)
        : what_(what), undo_(undo), error_(error) {
        keep(what);
    }
    ~Owned() {
        if (what_ > 0) {
            keep(undo_(what_));
        }
    }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;

    std::int64_t operator*() const { return what_; }

  private:
    void keep(std::int64_t result) {
        if (result < 0 && error_ == 0) {
            error_ = static_cast<std::int32_t>(result);
        }
    }

    const std::int64_t what_;
    std::int32_t (*const undo_)(std::int64_t);
    std::int32_t& error_;
};

struct Registered : Owned {
    Registered(const std::vector<float>& memory, std::int32_t& error)
        : Owned(registered(bfl::address_of(memory.data())), bfl_cuda_host_unregister, error) {}

    static std::int64_t registered(std::int64_t address) {
        const std::int32_t error = bfl_cuda_host_register(address, bytes);
        return error == 0 ? address : error;
    }
};

/** Two clients' results, and where their mean goes. */
struct Data {
    std::vector<float> first = std::vector<float>(elements, 0.3f);
    std::vector<float> second = std::vector<float>(elements, 1e-9f);
    std::vector<float> mean = std::vector<float>(elements);
};

/** Computes the mean on a device. Returns the first error, also of what frees things at the end. */
std::int32_t mean_on(int device, Data& data, bool with_event = true) {
    std::int32_t error = 0;
    EXPECT_EQ(cudaSetDevice(device), cudaSuccess);
    const device::Stream worker;
    const device::Stream adder;
    EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
    {
        const Owned slots(bfl_cuda_malloc(device, 2 * bytes), bfl_cuda_free, error);
        const Owned sum(bfl_cuda_malloc(device, bfl_cuda_sum_bytes(count)), bfl_cuda_free, error);
        const Owned event(bfl_cuda_event_create(device), bfl_cuda_event_free, error);
        const Registered first(data.first, error);
        const Registered second(data.second, error);
        const Registered mean(data.mean, error);
        const std::int64_t x[] = {*slots, *slots + bytes};
        const auto then = [&error](std::int32_t result) { error = error == 0 ? result : error; };
        const auto next = [&error, &then](auto call) {
            if (error == 0) {
                then(call());
            }
        };
        next([&] { return bfl_cuda_fill_async(*slots, 0, 2 * bytes, worker.address()); });
        next([&] { return bfl_cuda_copy_async(x[0], *first, bytes, worker.address()); });
        next([&] { return bfl_cuda_copy_async(x[1], *second, bytes, worker.address()); });
        next([&] { return with_event ? bfl_cuda_event_record(*event, worker.address()) : 0; });
        next([&] { return bfl_cuda_sum_clear(*sum, count, adder.address()); });
        next([&] { return with_event ? bfl_cuda_stream_wait(adder.address(), *event) : 0; });
        next([&] { return bfl_cuda_sum_fold(*sum, count, x, weights, 2, 0, count, adder.address()); });
        next([&] { return bfl_cuda_sum_divide(*sum, count, x[0], 3.1, 0, count, adder.address()); });
        next([&] { return bfl_cuda_copy_async(*mean, x[0], bytes, adder.address()); });
        next([&] { return bfl_cuda_stream_finish(adder.address()); });
    }
    return error;
}

std::vector<float> mean_on_the_processor(const Data& data) {
    std::vector<float> mean(elements);
    const std::int64_t x[] = {bfl::address_of(data.first.data()), bfl::address_of(data.second.data())};
    const std::int64_t sum = bfl_exact_sum_create(count);
    EXPECT_EQ(bfl_exact_sum_fold(sum, x, weights, 2, 0, count), 0);
    EXPECT_EQ(bfl_exact_sum_divide(sum, bfl::address_of(mean.data()), 3.1, 0, count), 0);
    EXPECT_EQ(bfl_exact_sum_free(sum), 0);
    return mean;
}

/** Runs a round in which the nth call fails. Returns whether it has so many. */
bool fails_at(const std::string& call, int nth, cudaError_t error) {
    Data data;
    fake_cuda::fail(call, nth, error);
    const std::int32_t result = mean_on(1, data);
    const bool failed = fake_cuda::has_failed();
    fake_cuda::fail_nothing();
    EXPECT_EQ(result, failed ? -(1000 + error) : 0);
    EXPECT_EQ(fake_cuda::left(), nothing);
    return failed;
}

}  // namespace

TEST(any_order_of_streams_gives_the_bits_of_the_processor) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        for (const int device : {0, 1}) {
            fake_cuda::shuffle(seed);
            Data data;
            EXPECT_EQ(mean_on(device, data), 0);
            EXPECT(clients::same_bits(data.mean, mean_on_the_processor(data)));
            EXPECT_EQ(fake_cuda::left(), nothing);
            int current;
            EXPECT_EQ(cudaGetDevice(&current), cudaSuccess);
            EXPECT_EQ(current, 0);
        }
    }
}

TEST(a_missing_wait_is_found) {
    int wrong = 0;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        fake_cuda::shuffle(seed);
        Data data;
        EXPECT_EQ(mean_on(0, data, false), 0);
        wrong += clients::same_bits(data.mean, mean_on_the_processor(data)) ? 0 : 1;
    }
    EXPECT(wrong > 3);
}

TEST(the_host_cannot_touch_device_memory) {
    constexpr int went_on = 42;
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        std::freopen("/dev/null", "w", stderr);
        const char read = *bfl::at<volatile char>(memory);
        _exit(read == 0 ? went_on : went_on + 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT(status != 0 && (!WIFEXITED(status) || WEXITSTATUS(status) < went_on));
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}

TEST(a_fault_at_any_call_comes_back_and_leaves_nothing) {
    const char* const calls[] = {"cudaGetDevice",         "cudaSetDevice",       "cudaStreamGetDevice",
                                 "cudaMalloc",            "cudaFree",            "cudaEventCreateWithFlags",
                                 "cudaEventDestroy",      "cudaHostRegister",    "cudaHostUnregister",
                                 "cudaMemcpyAsync",       "cudaMemsetAsync",     "cudaEventRecord",
                                 "cudaStreamWaitEvent",   "cudaLaunchOnHost"};
    for (const char* call : calls) {
        // The test itself chooses a device twice; then each second call puts back the device, which nothing depends on.
        const bool chooses = std::string(call) == "cudaSetDevice";
        const int first = chooses ? 3 : 1;
        int nth = first;
        while (fails_at(call, nth, cudaErrorMemoryAllocation)) {
            nth += chooses ? 2 : 1;
        }
        EXPECT(nth > first);
    }
    Data data;
    EXPECT_EQ(mean_on(1, data), 0);
    EXPECT(clients::same_bits(data.mean, mean_on_the_processor(data)));
}

TEST(a_lost_context_is_told_from_an_error_that_passes) {
    const std::int64_t memory = bfl_cuda_malloc(0, bytes);
    const device::Stream stream;
    fake_cuda::fail("cudaMemsetAsync", 1, cudaErrorMemoryAllocation);
    EXPECT_EQ(bfl_cuda_fill_async(memory, 0, bytes, stream.address()), -1002);
    EXPECT_EQ(bfl_cuda_sticky_error(stream.address()), 0);
    fake_cuda::fail("cudaStreamQuery", 1, cudaErrorMemoryAllocation);
    EXPECT_EQ(bfl_cuda_sticky_error(stream.address()), 0);
    fake_cuda::fail("cudaStreamSynchronize", 1, cudaErrorIllegalAddress);
    EXPECT_EQ(bfl_cuda_stream_finish(stream.address()), -1700);
    EXPECT_EQ(bfl_cuda_sticky_error(stream.address()), -1700);
    EXPECT_EQ(bfl_cuda_sticky_error(stream.address()), -1700);
    EXPECT_EQ(bfl_cuda_fill_async(memory, 0, bytes, stream.address()), -1700);
    EXPECT_EQ(std::string(bfl_error_text(1700)), "an illegal memory access was encountered");
    fake_cuda::fail_nothing();
    EXPECT_EQ(bfl_cuda_free(memory), 0);
}
