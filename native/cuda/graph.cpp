#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "address.h"
#include "blazefl4j.h"
#include "loaded.h"

namespace {

constexpr const char* library = "libtorch_cuda.so";

/** The name of a pool of memory. LibTorch's users count in the second part, LibTorch itself in the first. */
using Pool = std::pair<unsigned long long, unsigned long long>;

/** Of the capture modes, the one that leaves other threads alone; the others' calls would break the capture. */
constexpr int thread_local_mode = 1;

/** What LibTorch's class has; its header is not there. */
struct Functions {
    void (*construct)(void*, bool) = find<void(void*, bool)>("C1Eb");
    void (*begin)(void*, Pool, int) = find<void(void*, Pool, int)>("13capture_beginESt4pairIyyE21cudaStreamCaptureMode");
    void (*end)(void*) = find<void(void*)>("11capture_endEv");
    void (*replay)(void*) = find<void(void*)>("6replayEv");
    void (*reset)(void*) = find<void(void*)>("5resetEv");
    void (*destroy)(void*) = find<void(void*)>("D1Ev");

    bool complete() const noexcept {
        return construct != nullptr && begin != nullptr && end != nullptr && replay != nullptr && reset != nullptr &&
               destroy != nullptr;
    }

  private:
    template <typename Function>
    static Function* find(const char* name) {
        return bfl::find_loaded<Function>(library, (std::string("_ZN2at4cuda9CUDAGraph") + name).c_str());
    }
};

struct Graph {
    Functions functions;
    bool captures = false;
    Graph* next = nullptr;  // of those that are kept
    /** Many times what the class needs. */
    alignas(64) unsigned char object[4096];
};

std::string& last_error() noexcept {
    thread_local std::string error;
    return error;
}

/** Calls LibTorch. Returns 0 or -ECANCELED. */
template <typename Call>
std::int32_t guarded(Call call) noexcept {
    try {
        last_error().clear();
        call();
        return 0;
    } catch (const std::exception& error) {
        try {
            last_error() = error.what();
        } catch (const std::bad_alloc&) {
        }
    } catch (...) {
    }
    return -ECANCELED;
}

/**
 * Keeps a graph for the life of the process. After a capture that failed to begin or to end, LibTorch's allocator may still
 * ask it whose memory it is.
 */
void keep(Graph* graph) noexcept {
    static std::atomic<Graph*> kept{nullptr};
    graph->next = kept.load();
    while (!kept.compare_exchange_weak(graph->next, graph)) {
    }
}

/** Takes ownership if it fails. */
std::int32_t begin(Graph& graph, Pool pool) noexcept {
    const Functions& functions = graph.functions;
    const std::int32_t error = guarded([&] { functions.construct(graph.object, false); });
    if (error != 0) {
        delete &graph;
        return error;
    }
    const std::int32_t refused = guarded([&] { functions.begin(graph.object, pool, thread_local_mode); });
    if (refused != 0) {
        keep(&graph);
    }
    graph.captures = refused == 0;
    return refused;
}

std::int32_t end(Graph& graph) noexcept {
    const std::int32_t error = guarded([&graph] { graph.functions.end(graph.object); });
    graph.captures &= error != 0;
    return error;
}

Graph* graph_at(std::int64_t graph) noexcept { return bfl::usable<Graph>(graph) ? bfl::at<Graph>(graph) : nullptr; }

}  // namespace

std::int64_t bfl_cuda_graph_begin(std::int64_t pool) noexcept {
    if (pool <= 0) {
        return -EINVAL;
    }
    auto* const graph = new (std::nothrow) Graph;
    if (graph == nullptr) {
        return -ENOMEM;
    }
    if (!graph->functions.complete()) {
        delete graph;
        return -ENOSYS;
    }
    const std::int32_t error = begin(*graph, Pool(0, static_cast<unsigned long long>(pool)));
    return error != 0 ? error : bfl::address_of(graph);
}

std::int32_t bfl_cuda_graph_end(std::int64_t graph) noexcept {
    Graph* const of = graph_at(graph);
    return of == nullptr ? -EINVAL : end(*of);
}

std::int32_t bfl_cuda_graph_replay(std::int64_t graph) noexcept {
    Graph* const of = graph_at(graph);
    return of == nullptr ? -EINVAL : guarded([of] { of->functions.replay(of->object); });
}

std::int32_t bfl_cuda_graph_free(std::int64_t graph) noexcept {
    Graph* const of = graph_at(graph);
    if (of == nullptr) {
        return -EINVAL;
    }
    if (of->captures && end(*of) != 0) {
        keep(of);
        return 0;
    }
    // The destructor resets, too, but an exception there would end the process.
    const std::int32_t error = guarded([of] { of->functions.reset(of->object); });
    if (error == 0) {
        of->functions.destroy(of->object);
        delete of;
    }
    return error;
}

const char* bfl_cuda_graph_error() noexcept { return last_error().c_str(); }
