#include "fake_cuda.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <vector>

namespace {

constexpr int devices = 2;

struct Event {
    int device;
    std::uint64_t recorded = 0;
    std::uint64_t done = 0;
};

/** Something to do, or an event's record to wait for. */
struct Work {
    std::function<void()> run;
    std::shared_ptr<Event> event;
    std::uint64_t record = 0;

    bool is_ready() const { return event == nullptr || event->done >= record; }
};

struct Stream {
    int device = 0;
    std::deque<Work> work;
};

/** Memory of a device: pages of a file, which other processes can open. */
struct Block {
    std::size_t bytes;
    int fd;
    bool imported;
    int device;
};

/** What a handle between processes contains. */
struct Exported {
    pid_t pid;
    int fd;
    std::size_t bytes;
};

struct Plan {
    std::string call;
    int nth = 0;
    cudaError_t error = cudaSuccess;
    bool done = false;
};

unsigned first_seed() {
    const char* seed = std::getenv("FAKE_CUDA_SEED");
    return seed == nullptr ? 1 : static_cast<unsigned>(std::atoi(seed));
}

Plan first_plan() {
    Plan plan;
    char call[64];
    int error;
    const char* text = std::getenv("FAKE_CUDA_FAIL");
    if (text != nullptr && std::sscanf(text, "%63[^:]:%d:%d", call, &plan.nth, &error) == 3) {
        plan.call = call;
        plan.error = static_cast<cudaError_t>(error);
    }
    return plan;
}

std::recursive_mutex mutex;
std::mt19937 dice(first_seed());
Plan plan = first_plan();
bool is_open = false;            // whether the host can always touch devices' memory
cudaError_t lost = cudaSuccess;  // what all calls return once the context is lost
thread_local cudaError_t last = cudaSuccess;
thread_local int current_device = 0;
bool contexts[devices] = {};
Stream default_streams[devices] = {{0, {}}, {1, {}}};
std::map<cudaStream_t, std::unique_ptr<Stream>> streams;
std::map<cudaEvent_t, std::shared_ptr<Event>> events;
std::map<char*, Block> blocks;
std::map<char*, std::size_t> registered;

cudaError_t failed(cudaError_t error) {
    last = error;
    return error;
}

/** A call: holds the lock, and knows whether it must fail. */
class Call {
  public:
    explicit Call(const char* name) : lock_(mutex) {
        if (lost == cudaSuccess && plan.call == name && --plan.nth == 0) {
            plan.done = true;
            error = plan.error;
            if (error == cudaErrorIllegalAddress) {
                lost = error;
            }
        }
        if (lost != cudaSuccess) {
            error = lost;
        }
        if (error != cudaSuccess) {
            last = error;
        }
    }

    cudaError_t error = cudaSuccess;

  private:
    std::lock_guard<std::recursive_mutex> lock_;
};

/** Opens the devices' memory. */
class Opened {
  public:
    Opened() { protect(PROT_READ | PROT_WRITE); }
    ~Opened() {
        if (!is_open) {
            protect(PROT_NONE);
        }
    }

  private:
    static void protect(int how) {
        for (const auto& block : blocks) {
            mprotect(block.first, block.second.bytes, how);
        }
    }
};

Stream* find(cudaStream_t handle) {
    if (handle == nullptr) {
        return &default_streams[current_device];
    }
    const auto found = streams.find(handle);
    return found == streams.end() ? nullptr : found->second.get();
}

/** Does one piece of work of a random stream that has some it can do. */
bool step() {
    std::vector<Stream*> ready;
    const auto add = [&ready](Stream* stream) {
        if (!stream->work.empty() && stream->work.front().is_ready()) {
            ready.push_back(stream);
        }
    };
    for (const auto& each : streams) {
        add(each.second.get());
    }
    std::for_each(default_streams, default_streams + devices, [&add](Stream& stream) { add(&stream); });
    if (ready.empty()) {
        return false;
    }
    Stream* const chosen = ready[dice() % ready.size()];
    const Work work = std::move(chosen->work.front());
    chosen->work.pop_front();
    if (work.run) {
        work.run();
    }
    return true;
}

/** Works until a condition holds. */
template <typename Condition>
void work_until(Condition holds) {
    const Opened opened;
    while (!holds()) {
        if (!step()) {
            std::fprintf(stderr, "fake CUDA: streams wait for what never comes\n");
            std::abort();
        }
    }
}

void finish_all() {
    const Opened opened;
    while (step()) {
    }
}

void work_a_little() {
    const Opened opened;
    for (auto steps = dice() % 4; steps > 0 && step(); --steps) {
    }
}

cudaError_t queue(cudaStream_t stream, std::function<void()> run) {
    Stream* const target = find(stream);
    if (target == nullptr) {
        return failed(cudaErrorInvalidResourceHandle);
    }
    target->work.push_back({std::move(run), nullptr, 0});
    return cudaSuccess;
}

/** Returns whether all bytes lie in one of some ranges. */
template <typename Ranges, typename Size>
bool lies_in(const Ranges& ranges, const void* memory, std::size_t bytes, Size size) {
    auto* const from = static_cast<char*>(const_cast<void*>(memory));
    auto next = ranges.upper_bound(from);
    return next != ranges.begin() && (--next, from + bytes <= next->first + size(next->second));
}

bool on_device(const void* memory, std::size_t bytes) {
    return lies_in(blocks, memory, bytes, [](const Block& block) { return block.bytes; });
}

bool is_registered(const void* memory, std::size_t bytes) {
    return lies_in(registered, memory, bytes, [](std::size_t size) { return size; });
}

cudaError_t map(void** memory, int fd, std::size_t bytes, bool imported) {
    void* const mapped = mmap(nullptr, bytes, is_open ? PROT_READ | PROT_WRITE : PROT_NONE, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        close(fd);
        return failed(cudaErrorMapBufferObjectFailed);
    }
    blocks[static_cast<char*>(mapped)] = {bytes, fd, imported, current_device};
    contexts[current_device] = true;
    *memory = mapped;
    return cudaSuccess;
}

/** The driver's cuDevicePrimaryCtxGetState. */
int context_state(int device, unsigned* flags, int* active) {
    const std::lock_guard<std::recursive_mutex> lock(mutex);
    *flags = 0;
    *active = contexts[device] ? 1 : 0;
    return 0;
}

cudaError_t unmap(void* memory, bool imported) {
    finish_all();
    const auto found = blocks.find(static_cast<char*>(memory));
    if (found == blocks.end() || found->second.imported != imported) {
        return failed(cudaErrorInvalidValue);
    }
    munmap(memory, found->second.bytes);
    close(found->second.fd);
    blocks.erase(found);
    return cudaSuccess;
}

}  // namespace

void fake_cuda::shuffle(unsigned seed) { dice.seed(seed); }

void fake_cuda::fail(const std::string& call, int nth, cudaError_t error) {
    const std::lock_guard<std::recursive_mutex> lock(mutex);
    plan = {call, nth, error, false};
    lost = cudaSuccess;
}

void fake_cuda::fail_nothing() {
    plan = Plan();
    lost = cudaSuccess;
    last = cudaSuccess;
}

void fake_cuda::open_memory() { is_open = true; }

void fake_cuda::forget_contexts() {
    const std::lock_guard<std::recursive_mutex> lock(mutex);
    std::fill(contexts, contexts + devices, false);
}

bool fake_cuda::has_context(int device) {
    const std::lock_guard<std::recursive_mutex> lock(mutex);
    return contexts[device];
}

int fake_cuda::device_of(const void* memory) {
    const std::lock_guard<std::recursive_mutex> lock(mutex);
    auto next = blocks.upper_bound(static_cast<char*>(const_cast<void*>(memory)));
    return on_device(memory, 1) ? (--next)->second.device : -1;
}

bool fake_cuda::has_failed() { return plan.done; }

std::string fake_cuda::left() {
    const std::lock_guard<std::recursive_mutex> lock(mutex);
    std::ostringstream text;
    text << blocks.size() << " blocks, " << events.size() << " events, " << streams.size() << " streams, "
         << registered.size() << " registrations";
    return text.str();
}

cudaError_t cudaGetDeviceCount(int* count) {
    const Call call("cudaGetDeviceCount");
    *count = devices;
    return call.error;
}

cudaError_t cudaGetDevice(int* device) {
    const Call call("cudaGetDevice");
    *device = current_device;
    return call.error;
}

cudaError_t cudaSetDevice(int device) {
    const Call call("cudaSetDevice");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    if (device < 0 || device >= devices) {
        return failed(cudaErrorInvalidDevice);
    }
    current_device = device;
    contexts[device] = true;  // as since CUDA 12
    return cudaSuccess;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* answer) {
    const Call call("cudaGetDriverEntryPointByVersion");
    const bool found = call.error == cudaSuccess && std::strcmp(symbol, "cuDevicePrimaryCtxGetState") == 0;
    *function = found ? reinterpret_cast<void*>(context_state) : nullptr;
    *answer = found ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
    return call.error;
}

cudaError_t cudaGetLastError() {
    const cudaError_t error = lost != cudaSuccess ? lost : last;
    last = cudaSuccess;
    return error;
}

const char* cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaSuccess: return "no error";
        case cudaErrorMemoryAllocation: return "out of memory";
        case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
        default: return "some error";
    }
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    const Call call("cudaMalloc");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    constexpr std::size_t page = 4096;
    const std::size_t size = (bytes + page - 1) / page * page;
    const int fd = memfd_create("device", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(size)) != 0) {
        return failed(cudaErrorMemoryAllocation);
    }
    if (map(memory, fd, size, false) != cudaSuccess) {
        return failed(cudaErrorMemoryAllocation);
    }
    mprotect(*memory, size, PROT_READ | PROT_WRITE);
    std::memset(*memory, 0xa5, size);  // no zeros by luck
    if (!is_open) {
        mprotect(*memory, size, PROT_NONE);
    }
    return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
    const Call call("cudaFree");
    const cudaError_t error = unmap(memory, false);
    return call.error != cudaSuccess ? call.error : error;
}

cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* memory) {
    const Call call("cudaIpcGetMemHandle");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    const auto found = blocks.find(static_cast<char*>(memory));
    if (found == blocks.end() || found->second.imported) {
        return failed(cudaErrorInvalidValue);
    }
    const Exported exported{getpid(), found->second.fd, found->second.bytes};
    std::memset(handle, 0, sizeof *handle);
    std::memcpy(handle, &exported, sizeof exported);
    return cudaSuccess;
}

cudaError_t cudaIpcOpenMemHandle(void** memory, cudaIpcMemHandle_t handle, unsigned) {
    const Call call("cudaIpcOpenMemHandle");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    Exported exported;
    std::memcpy(&exported, &handle, sizeof exported);
    if (exported.pid == getpid()) {
        return failed(cudaErrorDeviceUninitialized);  // as CUDA, which opens other processes' memory only
    }
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/fd/%d", static_cast<int>(exported.pid), exported.fd);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? failed(cudaErrorMapBufferObjectFailed) : map(memory, fd, exported.bytes, true);
}

cudaError_t cudaIpcCloseMemHandle(void* memory) {
    const Call call("cudaIpcCloseMemHandle");
    const cudaError_t error = unmap(memory, true);
    return call.error != cudaSuccess ? call.error : error;
}

cudaError_t cudaHostRegister(void* memory, std::size_t bytes, unsigned) {
    const Call call("cudaHostRegister");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    if (is_registered(memory, 1)) {
        return failed(cudaErrorHostMemoryAlreadyRegistered);
    }
    registered[static_cast<char*>(memory)] = bytes;
    return cudaSuccess;
}

cudaError_t cudaHostUnregister(void* memory) {
    const Call call("cudaHostUnregister");
    finish_all();
    if (registered.erase(static_cast<char*>(memory)) == 0) {
        return failed(cudaErrorHostMemoryNotRegistered);
    }
    return call.error;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    const Call call("cudaMemcpyAsync");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    const cudaError_t error = queue(stream, [to, from, bytes] { std::memcpy(to, from, bytes); });
    const auto stays = [bytes](const void* memory) { return on_device(memory, bytes) || is_registered(memory, bytes); };
    if (error == cudaSuccess && !(stays(to) && stays(from))) {
        return cudaStreamSynchronize(stream);  // as CUDA: other memory is free when the call returns
    }
    return error;
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
    const Call call("cudaMemsetAsync");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    if (!on_device(memory, bytes)) {
        return failed(cudaErrorInvalidValue);
    }
    return queue(stream, [memory, value, bytes] { std::memset(memory, value, bytes); });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    const Call call("cudaStreamCreateWithFlags");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    auto made = std::make_unique<Stream>();
    made->device = current_device;
    *stream = reinterpret_cast<cudaStream_t>(made.get());
    streams[*stream] = std::move(made);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const Call call("cudaStreamDestroy");
    finish_all();
    return streams.erase(stream) == 0 ? failed(cudaErrorInvalidResourceHandle) : call.error;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    const Call call("cudaStreamSynchronize");
    const Stream* const target = find(stream);
    if (call.error != cudaSuccess || target == nullptr) {
        return failed(call.error != cudaSuccess ? call.error : cudaErrorInvalidResourceHandle);
    }
    work_until([target] { return target->work.empty(); });
    return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    const Call call("cudaStreamQuery");
    const Stream* const target = find(stream);
    if (call.error != cudaSuccess || target == nullptr) {
        return failed(call.error != cudaSuccess ? call.error : cudaErrorInvalidResourceHandle);
    }
    work_a_little();
    return target->work.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamGetDevice(cudaStream_t stream, int* device) {
    const Call call("cudaStreamGetDevice");
    const Stream* const target = find(stream);
    if (call.error != cudaSuccess || target == nullptr) {
        return failed(call.error != cudaSuccess ? call.error : cudaErrorInvalidResourceHandle);
    }
    *device = target->device;
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    const Call call("cudaStreamWaitEvent");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    Stream* const target = find(stream);
    const auto found = events.find(event);
    if (target == nullptr || found == events.end()) {
        return failed(cudaErrorInvalidResourceHandle);
    }
    target->work.push_back({nullptr, found->second, found->second->recorded});
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    const Call call("cudaEventCreateWithFlags");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    const auto made = std::make_shared<Event>(Event{current_device});
    *event = reinterpret_cast<cudaEvent_t>(made.get());
    events[*event] = made;
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    const Call call("cudaEventDestroy");
    return events.erase(event) == 0 ? failed(cudaErrorInvalidResourceHandle) : call.error;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    const Call call("cudaEventRecord");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    const Stream* const target = find(stream);
    const auto found = events.find(event);
    if (target == nullptr || found == events.end() || found->second->device != target->device) {
        return failed(cudaErrorInvalidResourceHandle);
    }
    const std::shared_ptr<Event> recorded = found->second;
    const std::uint64_t record = ++recorded->recorded;
    return queue(stream, [recorded, record] { recorded->done = std::max(recorded->done, record); });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    const Call call("cudaEventQuery");
    const auto found = events.find(event);
    if (call.error != cudaSuccess || found == events.end()) {
        return failed(call.error != cudaSuccess ? call.error : cudaErrorInvalidResourceHandle);
    }
    work_a_little();
    return found->second->done == found->second->recorded ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaLaunchOnHost(void (*loop)(const void*, std::int64_t, std::int64_t), const void* function,
                             std::size_t bytes, std::int64_t from, std::int64_t to, cudaStream_t stream) {
    const Call call("cudaLaunchOnHost");
    if (call.error != cudaSuccess) {
        return call.error;
    }
    const Stream* const target = find(stream);
    if (target == nullptr || target->device != current_device) {
        return failed(cudaErrorInvalidResourceHandle);
    }
    // A copy, as a launch keeps its parameters; of doubles, for their alignment.
    std::vector<double> copy((bytes + sizeof(double) - 1) / sizeof(double));
    std::memcpy(copy.data(), function, bytes);
    return queue(stream, [copy, loop, from, to] { loop(copy.data(), from, to); });
}
