// Stands for libtorch_cuda.so: the class of graphs, which writes down what it is asked for.

#include <stdexcept>
#include <string>
#include <utility>

enum cudaStreamCaptureMode { global, thread_local_, relaxed };

#define EXPORTED __attribute__((visibility("default")))

namespace {

std::string calls;
std::string throwing;

void note(const std::string& call) {
    if (throwing == call) {
        throw std::runtime_error("cannot " + call);
    }
    calls += call + ";";
}

}  // namespace

extern "C" EXPORTED const char* fake_torch_calls() { return calls.c_str(); }

extern "C" EXPORTED void fake_torch_throw(const char* call) {
    calls.clear();
    throwing = call;
}

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

CUDAGraph::~CUDAGraph() { calls += "destroy;"; }

void CUDAGraph::capture_begin(std::pair<unsigned long long, unsigned long long> pool, cudaStreamCaptureMode mode) {
    const bool own = pool.first == 0 && pool.second == 0;
    note(std::string("begin") + (own ? " own" : " shared") + (mode == thread_local_ ? " thread" : " all"));
}

void CUDAGraph::capture_end() { note("end"); }

void CUDAGraph::replay() { note("replay"); }

void CUDAGraph::reset() { note("reset"); }

}  // namespace at::cuda
