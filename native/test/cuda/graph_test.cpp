#include <dlfcn.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "blazefl4j.h"
#include "expect.h"

namespace {

/** The stand-in for LibTorch, loaded at the first use. */
class FakeTorch {
  public:
    static std::string calls() { return text("fake_torch_calls"); }

    /** Forgets the calls, and has one throw. */
    static void throw_at(const std::string& call) {
        *text("fake_torch_calls") = 0;
        std::strcpy(text("fake_torch_throws"), call.c_str());
    }

  private:
    static char* text(const char* name) {
        static void* const library = dlopen(FAKE_TORCH, RTLD_NOW);
        EXPECT(library != nullptr);
        auto* const found = static_cast<char*>(dlsym(library, name));
        EXPECT(found != nullptr);
        return found;
    }
};

const std::string begun = "make;begin 0.7 thread;";

}  // namespace

TEST(without_libtorch_there_are_no_graphs) {
    EXPECT_EQ(bfl_cuda_graph_begin(7), -ENOSYS);
    EXPECT_EQ(std::string(bfl_cuda_graph_error()), "");
}

TEST(captures_once_and_replays_often) {
    FakeTorch::throw_at("");
    const std::int64_t graph = bfl_cuda_graph_begin(7);
    EXPECT(graph > 0);
    EXPECT_EQ(bfl_cuda_graph_end(graph), 0);
    EXPECT_EQ(bfl_cuda_graph_replay(graph), 0);
    EXPECT_EQ(bfl_cuda_graph_replay(graph), 0);
    EXPECT_EQ(bfl_cuda_graph_free(graph), 0);
    EXPECT_EQ(FakeTorch::calls(), begun + "end;replay;replay;reset;destroy;");
    EXPECT_EQ(std::string(bfl_cuda_graph_error()), "");
}

TEST(what_libtorch_throws_is_told) {
    FakeTorch::throw_at("make");
    EXPECT_EQ(bfl_cuda_graph_begin(7), -ECANCELED);
    EXPECT_EQ(std::string(bfl_cuda_graph_error()), "cannot make");
    EXPECT_EQ(FakeTorch::calls(), "");

    FakeTorch::throw_at("begin 0.7 thread");
    EXPECT_EQ(bfl_cuda_graph_begin(7), -ECANCELED);
    EXPECT_EQ(std::string(bfl_cuda_graph_error()), "cannot begin 0.7 thread");
    EXPECT_EQ(FakeTorch::calls(), "make;");  // kept, since LibTorch's allocator may still ask it

    FakeTorch::throw_at("end");
    std::int64_t graph = bfl_cuda_graph_begin(7);
    EXPECT_EQ(bfl_cuda_graph_end(graph), -ECANCELED);
    EXPECT_EQ(std::string(bfl_cuda_graph_error()), "cannot end");
    EXPECT_EQ(bfl_cuda_graph_free(graph), 0);
    EXPECT_EQ(FakeTorch::calls(), begun);

    FakeTorch::throw_at("");
    graph = bfl_cuda_graph_begin(7);
    EXPECT_EQ(bfl_cuda_graph_free(graph), 0);
    EXPECT_EQ(FakeTorch::calls(), begun + "end;reset;destroy;");

    FakeTorch::throw_at("replay");
    graph = bfl_cuda_graph_begin(7);
    EXPECT_EQ(bfl_cuda_graph_end(graph), 0);
    EXPECT_EQ(bfl_cuda_graph_replay(graph), -ECANCELED);
    EXPECT_EQ(std::string(bfl_cuda_graph_error()), "cannot replay");
    FakeTorch::throw_at("reset");
    EXPECT_EQ(bfl_cuda_graph_free(graph), -ECANCELED);
    EXPECT_EQ(FakeTorch::calls(), "");
    FakeTorch::throw_at("");
    EXPECT_EQ(bfl_cuda_graph_free(graph), 0);
    EXPECT_EQ(FakeTorch::calls(), "reset;destroy;");
}

TEST(calls_with_wrong_arguments_are_refused) {
    EXPECT_EQ(bfl_cuda_graph_begin(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_graph_begin(-1), -EINVAL);
    EXPECT_EQ(bfl_cuda_graph_end(0), -EINVAL);
    EXPECT_EQ(bfl_cuda_graph_replay(4), -EINVAL);
    EXPECT_EQ(bfl_cuda_graph_free(0), -EINVAL);
}
