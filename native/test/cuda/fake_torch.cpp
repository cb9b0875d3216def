// Stands for libtorch_cuda.so: the class of graphs, which writes down what it is asked for.

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

enum cudaStreamCaptureMode { global, thread_local_, relaxed };

#define EXPORTED __attribute__((visibility("default")))

// Texts that tests read and write by their addresses, those in Java too.
extern "C" {
/** The calls so far, each with a semicolon. Empty it as you like. */
EXPORTED char fake_torch_calls[4096];
/** The call that throws. */
EXPORTED char fake_torch_throws[64];
}

namespace {

void note(const std::string& call) {
    if (call == fake_torch_throws) {
        throw std::runtime_error("cannot " + call);
    }
    const std::size_t length = std::strlen(fake_torch_calls);
    const std::string more = call + ";";
    if (length + more.size() < sizeof fake_torch_calls) {
        std::memcpy(fake_torch_calls + length, more.c_str(), more.size() + 1);
    }
}

}  // namespace

namespace at::cuda {

class EXPORTED CUDAGraph {
  public:
    explicit CUDAGraph(bool keep);
    ~CUDAGraph();
    void capture_begin(std::pair<unsigned long long, unsigned long long> pool, cudaStreamCaptureMode mode);
    void capture_end();
    void replay();
    void reset();

  private:
    std::string state_;
};

CUDAGraph::CUDAGraph(bool keep) : state_(200, 'x') { note(keep ? "make keep" : "make"); }

CUDAGraph::~CUDAGraph() { note("destroy"); }

void CUDAGraph::capture_begin(std::pair<unsigned long long, unsigned long long> pool, cudaStreamCaptureMode mode) {
    const std::string number = std::to_string(pool.first) + "." + std::to_string(pool.second);
    note("begin " + number + (mode == thread_local_ ? " thread" : " all"));
}

void CUDAGraph::capture_end() { note("end"); }

void CUDAGraph::replay() { note("replay"); }

void CUDAGraph::reset() { note("reset"); }

}  // namespace at::cuda
