// Memory of a device in several processes, some of which are killed. Runs on a device, too.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "blazefl4j.h"
#include "device.h"
#include "expect.h"
#include "handle_text.h"

namespace {

constexpr std::int64_t slot = 1 << 20;

/** Another process (peer.cpp), which is killed at the end if it still runs. */
class Peer {
  public:
    Peer() {
        int to[2];
        int from[2];
        EXPECT(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
        std::fflush(stdout);
        pid_ = fork();
        if (pid_ == 0) {
            // CUDA allows nothing after a fork but this.
            dup2(to[0], STDIN_FILENO);
            dup2(from[1], STDOUT_FILENO);
            execl(CUDA_PEER, CUDA_PEER, nullptr);
            _exit(127);
        }
        EXPECT(pid_ > 0);
        close(to[0]);
        close(from[1]);
        to_ = fdopen(to[1], "w");
        from_ = fdopen(from[0], "r");
    }
    ~Peer() { kill(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /** Says a line. Returns the line of the answer. */
    std::string ask_for_text(const std::string& line) {
        EXPECT(std::fprintf(to_, "%s\n", line.c_str()) > 0 && std::fflush(to_) == 0);
        char answer[256];
        EXPECT(std::fgets(answer, sizeof answer, from_) != nullptr);
        const std::string text(answer);
        return text.substr(0, text.size() - 1);
    }

    std::int64_t ask(const std::string& line) { return std::stoll(ask_for_text(line)); }

    /** Lets it end by itself. Returns what wait says. */
    int end() {
        std::fclose(to_);
        to_ = nullptr;
        return reap();
    }

    void kill() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            EXPECT(WIFSIGNALED(reap()));
        }
        if (to_ != nullptr) {
            std::fclose(to_);
            to_ = nullptr;
        }
        if (from_ != nullptr) {
            std::fclose(from_);
            from_ = nullptr;
        }
    }

  private:
    int reap() {
        int status = -1;
        EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
        pid_ = 0;
        return status;
    }

    pid_t pid_;
    std::FILE* to_;
    std::FILE* from_;
};

/** Two slots of memory, which other processes can open. */
struct Segment {
    Segment() : memory(bfl_cuda_malloc(0, 2 * slot)) {
        EXPECT(memory > 0);
        std::int8_t bytes[BFL_CUDA_HANDLE_BYTES];
        EXPECT_EQ(bfl_cuda_export(memory, bytes), 0);
        handle = handle_text::of(bytes);
        EXPECT_EQ(bfl_cuda_fill_async(memory, 0, 2 * slot, 0), 0);
        EXPECT_EQ(bfl_cuda_stream_finish(0), 0);
    }
    ~Segment() { EXPECT_EQ(bfl_cuda_free(memory), 0); }
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    int at(std::int64_t offset) const {
        unsigned char byte;
        EXPECT_EQ(bfl_cuda_copy_async(bfl::address_of(&byte), memory + offset, 1, 0), 0);
        return byte;
    }

    const std::int64_t memory;
    std::string handle;
};

}  // namespace

TEST(processes_see_what_others_have_finished_to_write) {
    const Segment segment;
    Peer first;
    Peer second;
    EXPECT_EQ(first.ask("open " + segment.handle), 0);
    EXPECT_EQ(second.ask("open " + segment.handle), 0);
    EXPECT_EQ(first.ask("fill 0 7"), 0);
    EXPECT_EQ(second.ask("fill " + std::to_string(slot) + " 8"), 0);
    EXPECT_EQ(segment.at(0), 7);
    EXPECT_EQ(segment.at(999), 7);
    EXPECT_EQ(segment.at(1000), 0);
    EXPECT_EQ(segment.at(slot), 8);
    EXPECT_EQ(second.ask("read 999"), 7);
    EXPECT_EQ(bfl_cuda_fill_async(segment.memory, 9, 1, 0), 0);
    EXPECT_EQ(bfl_cuda_stream_finish(0), 0);
    EXPECT_EQ(first.ask("read 0"), 9);
    EXPECT_EQ(first.ask("close"), 0);
    EXPECT_EQ(second.ask("close"), 0);
    EXPECT_EQ(first.end(), 0);
    EXPECT_EQ(second.end(), 0);
}

TEST(a_killed_process_is_replaced_and_harms_nobody) {
    const Segment segment;
    Peer other;
    EXPECT_EQ(other.ask("open " + segment.handle), 0);
    for (int times = 1; times <= 5; ++times) {
        Peer worker;
        EXPECT_EQ(worker.ask("open " + segment.handle), 0);
        EXPECT_EQ(worker.ask("fill 0 " + std::to_string(times)), 0);
        EXPECT_EQ(worker.ask("fill-later 500 99"), 0);
        worker.kill();
        EXPECT_EQ(segment.at(0), times);
        EXPECT_EQ(other.ask("read 499"), times);
        EXPECT_EQ(other.ask("fill " + std::to_string(slot) + " " + std::to_string(10 * times)), 0);
        EXPECT_EQ(segment.at(slot), 10 * times);
    }
    other.kill();
}

TEST(memory_of_a_process_that_was_killed_cannot_be_opened) {
    Peer owner;
    const std::string handle = owner.ask_for_text("allocate 1000");
    Peer late;
    owner.kill();
    EXPECT(late.ask("open " + handle) < -1000);
    EXPECT_EQ(late.end(), 0);
}

TEST(a_process_does_not_open_its_own_memory_nor_closes_what_it_did_not_open) {
    const Segment segment;
    std::int8_t handle[BFL_CUDA_HANDLE_BYTES];
    handle_text::parse(segment.handle, handle);
    EXPECT(bfl_cuda_open(0, handle) < -1000);
    EXPECT(bfl_cuda_close(segment.memory) < -1000);
    Peer peer;
    EXPECT_EQ(peer.ask("open " + segment.handle), 0);
    EXPECT_EQ(peer.ask("close"), 0);
    EXPECT(peer.ask("close") < -1000);
}

TEST(regions_close_memory_of_other_processes_by_an_address) {
    Peer owner;
    std::int8_t handle[BFL_CUDA_HANDLE_BYTES];
    handle_text::parse(owner.ask_for_text("allocate 1000"), handle);
    const std::int64_t memory = bfl_cuda_open(0, handle);
    EXPECT(memory > 0);
    const std::int64_t region = bfl_region_add_with(memory, slot, slot, bfl_cuda_close_function());
    EXPECT(region > 0);
    EXPECT_EQ(bfl_region_close(region), 0);
    EXPECT(bfl_cuda_close(memory) < -1000);
}
