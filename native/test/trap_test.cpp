#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "address.h"
#include "bfl_board.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

constexpr std::int32_t workers = 2;
constexpr std::int32_t lanes = 2;
constexpr std::int32_t area_bytes = 4096;
constexpr std::int64_t bytes = 8 * 4096;
constexpr int other_fault = 7;
constexpr int trapped = 128 + SIGSEGV;

/** A board in a file, and another file of the parent. */
struct Files {
    const std::int64_t board_bytes = bfl_board_bytes(workers, lanes, area_bytes);
    const std::int32_t board_fd = bfl_memfd_create(board_bytes);
    const std::int32_t fd = bfl_memfd_create(bytes);
    const std::int64_t address = bfl_map(board_fd, board_bytes, 1);
    const std::int64_t board = made(address, board_bytes);

    Files() = default;
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() {
        bfl_board_close(board);
        bfl_unmap(address, board_bytes);
        bfl_close(fd);
        bfl_close(board_fd);
    }

    static std::int64_t made(std::int64_t address, std::int64_t board_bytes) {
        EXPECT_EQ(bfl_board_create(address, board_bytes, workers, lanes, area_bytes, 0), 0);
        return bfl_board_open(address, board_bytes);
    }

    /** Returns the exit status of a worker process that writes after bfl_board_trap_writes, called twice. */
    template <typename Write>
    int exit_after(Write write) const {
        const pid_t child = fork();
        if (child == 0) {
            struct sigaction before {};
            before.sa_handler = [](int) { _exit(other_fault); };
            sigaction(SIGSEGV, &before, nullptr);
            const bool trapping = bfl_board_trap_writes(board, 0) == 0 && bfl_board_trap_writes(board, 1) == 0;
            if (bfl_board_protect(board) != 0 || !trapping) {
                _exit(1);
            }
            write();
            _exit(0);
        }
        int status = 0;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        EXPECT(WIFEXITED(status));
        return WEXITSTATUS(status);
    }
};

void write_to(std::int64_t address) {
    *bfl::at<volatile char>(address) = 1;
}

}  // namespace

TEST(a_write_to_read_only_shared_memory_is_noted_and_ends_the_process) {
    const Files files;
    const int exit = files.exit_after([&] {
        const std::int32_t opened = bfl_shm_open(getppid(), files.fd, bfl_device(files.fd), bfl_inode(files.fd), bytes, 0);
        write_to(bfl_map(opened, bytes, 0) + 5000);
    });
    EXPECT_EQ(exit, trapped);
    EXPECT_EQ(bfl_board_written_file(files.board, 1), bfl_inode(files.fd));
    EXPECT_EQ(bfl_board_written_offset(files.board, 1), 5000);
    EXPECT_EQ(bfl_board_written_file(files.board, 0), 0);
    EXPECT_EQ(bfl_board_lose(files.board, 1), 0);
    EXPECT_EQ(bfl_board_written_file(files.board, 1), 0);
}

TEST(only_what_the_parent_writes_is_protected_on_the_board) {
    const Files files;
    EXPECT_EQ(files.exit_after([&] {
        write_to(bfl_board_worker_area(files.board, 0));
        write_to(bfl_board_result_area(files.board, lanes - 1) + area_bytes - 1);
        bfl_board_beat(files.board, 1);
    }), 0);
    for (const std::int64_t area : {bfl_board_setup_area(files.board), bfl_board_round_area(files.board),
                                    bfl_board_job_area(files.board, lanes - 1)}) {
        EXPECT_EQ(files.exit_after([&] { write_to(area + area_bytes - 1); }), trapped);
        EXPECT_EQ(bfl_board_written_file(files.board, 1), bfl_inode(files.board_fd));
        EXPECT_EQ(bfl_board_written_offset(files.board, 1), area + area_bytes - 1 - files.address);
        write_to(area);  // the parent may
    }
}

TEST(other_faults_go_to_the_handler_before) {
    const Files files;
    const auto mapped = [](int protection) {
        return bfl::address_of(mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    };
    EXPECT_EQ(files.exit_after([&] { write_to(mapped(PROT_READ)); }), other_fault);
    EXPECT_EQ(files.exit_after([&] { write_to(mapped(PROT_NONE)); }), other_fault);
    EXPECT_EQ(files.exit_after([&] { raise(SIGSEGV); }), other_fault);
    EXPECT_EQ(files.exit_after([&] {
        static_cast<void>(*bfl::at<volatile char>(mapped(PROT_NONE)));
    }), other_fault);
    EXPECT_EQ(files.exit_after([&] {
        const int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        write_to(bfl::address_of(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, program, 0)));
    }), other_fault);
    EXPECT_EQ(bfl_board_written_file(files.board, 1), 0);
}

TEST(workers_that_there_are_not_are_refused) {
    const Files files;
    EXPECT_EQ(bfl_board_note_write(files.board, workers, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_board_written_file(files.board, -1), -EINVAL);
    EXPECT_EQ(bfl_board_written_offset(files.board, workers), -EINVAL);
}
