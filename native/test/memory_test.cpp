#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <string>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

constexpr std::int64_t bytes = 3 * 4096;

/** A segment's file, closed at the end. */
struct File {
    std::int32_t fd;
    ~File() { bfl_close(fd); }
    std::int32_t reopen(std::int64_t size = bytes, std::int64_t inode_offset = 0, std::int64_t device_offset = 0) const {
        return bfl_shm_open(getpid(), fd, bfl_device(fd) + device_offset, bfl_inode(fd) + inode_offset, size, 1);
    }
};

void expect_reserved(std::int32_t fd) {
    struct stat found;
    EXPECT_EQ(fstat(fd, &found), 0);
    EXPECT_EQ(found.st_size, bytes);
    EXPECT_EQ(found.st_blocks * 512, bytes);
    EXPECT_EQ(found.st_nlink, 0u);
    EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

}  // namespace

TEST(a_shared_file_is_reserved_and_has_no_name) {
    const File file{bfl_shm_create("/dev/shm", bytes)};
    EXPECT(file.fd >= 0);
    expect_reserved(file.fd);
    struct stat found;
    EXPECT_EQ(fstat(file.fd, &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST(an_anonymous_file_is_reserved_and_has_no_name) {
    const File file{bfl_memfd_create(bytes)};
    EXPECT(file.fd >= 0);
    expect_reserved(file.fd);
}

TEST(a_mapping_shows_what_another_mapping_wrote) {
    const File file{bfl_shm_create("/dev/shm", bytes)};
    const File again{file.reopen()};
    EXPECT(again.fd >= 0);
    const std::int64_t one = bfl_map(file.fd, bytes, 1);
    const std::int64_t two = bfl_map(again.fd, bytes, 1);
    EXPECT(one > 0 && two > 0 && one != two);
    EXPECT_EQ(bfl_fill(one + 4096, 7, 4096), 0);
    EXPECT_EQ(std::memcmp(bfl::at<void>(one), bfl::at<void>(two), bytes), 0);
    EXPECT_EQ(*bfl::at<unsigned char>(two + 4096), 7);
    EXPECT_EQ(bfl_unmap(one, bytes), 0);
    EXPECT_EQ(bfl_unmap(two, bytes), 0);
}

TEST(every_page_of_a_mapping_is_present) {
    const File file{bfl_memfd_create(bytes)};
    const std::int64_t mapped = bfl_map(file.fd, bytes, 1);
    unsigned char present[3] = {};
    EXPECT_EQ(mincore(bfl::at<void>(mapped), bytes, present), 0);
    EXPECT((present[0] & present[1] & present[2] & 1) != 0);
    EXPECT_EQ(bfl_unmap(mapped, bytes), 0);
}

TEST(another_process_opens_it_and_a_closed_one_is_not_found) {
    const std::int32_t fd = bfl_memfd_create(bytes);
    const std::int64_t device = bfl_device(fd);
    const std::int64_t inode = bfl_inode(fd);
    const pid_t parent = getpid();
    const auto in_child = [&] {
        const pid_t child = fork();
        if (child == 0) {
            const std::int32_t opened = bfl_shm_open(parent, fd, device, inode, bytes, 1);
            _exit(opened >= 0 ? 0 : -opened);
        }
        int status;
        EXPECT_EQ(waitpid(child, &status, 0), child);
        return WEXITSTATUS(status);
    };
    EXPECT_EQ(in_child(), 0);
    EXPECT_EQ(bfl_close(fd), 0);
    EXPECT_EQ(in_child(), ENOENT);
}

TEST(a_file_that_is_not_the_one_meant_is_refused) {
    const File file{bfl_shm_create("/dev/shm", bytes)};
    EXPECT_EQ(file.reopen(bytes, 1), -ESTALE);
    EXPECT_EQ(file.reopen(bytes, 0, 1), -ESTALE);
    EXPECT_EQ(file.reopen(bytes + 1), -ESTALE);
    int pipes[2];
    EXPECT_EQ(pipe(pipes), 0);
    const File end{pipes[0]};
    const File other_end{pipes[1]};
    EXPECT_EQ(end.reopen(), -ESTALE);
}

TEST(a_mapping_never_goes_beyond_its_file) {
    const File file{bfl_memfd_create(bytes)};
    EXPECT_EQ(bfl_map(file.fd, bytes + 1, 1), -EINVAL);
    EXPECT_EQ(bfl_map(file.fd, INT64_MAX, 1), -EINVAL);
}

TEST(a_folder_that_cannot_hold_segments_says_so) {
    EXPECT_EQ(bfl_shm_create("/dev/shm/not there", bytes), -ENOENT);
    EXPECT_EQ(bfl_shm_create("/proc", bytes), -EOPNOTSUPP);
}

TEST(space_that_cannot_be_reserved_leaves_no_descriptor) {
    // A limit of this process simulates a full file system.
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old_limit;
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    const rlimit small{bytes - 1, old_limit.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int before = dup(0);
    close(before);
    EXPECT_EQ(bfl_shm_create("/dev/shm", bytes), -EFBIG);
    EXPECT_EQ(bfl_memfd_create(bytes), -EFBIG);
    const int after = dup(0);
    close(after);
    EXPECT_EQ(after, before);
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    std::signal(SIGXFSZ, old_handler);
}

TEST(overlapping_bytes_are_copied_as_if_they_did_not) {
    char text[] = "abcdef";
    EXPECT_EQ(bfl_copy(bfl::address_of(text + 1), bfl::address_of(text), 5), 0);
    EXPECT_EQ(std::string(text), "aabcde");
    EXPECT_EQ(bfl_copy(0, 0, 0), 0);
    EXPECT_EQ(bfl_fill(0, 1, 0), 0);
}

TEST(wrong_arguments_are_refused) {
    char byte = 0;
    const std::int64_t address = bfl::address_of(&byte);
    EXPECT_EQ(bfl_shm_create(nullptr, bytes), -EINVAL);
    EXPECT_EQ(bfl_shm_create("/dev/shm", 0), -EINVAL);
    EXPECT_EQ(bfl_shm_create("/dev/shm", -1), -EINVAL);
    EXPECT_EQ(bfl_memfd_create(0), -EINVAL);
    EXPECT_EQ(bfl_shm_open(0, 1, 1, 1, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_shm_open(1, -1, 1, 1, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_shm_open(1, 1, 1, 1, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_map(0, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_map(-1, bytes, 1), -EBADF);
    EXPECT_EQ(bfl_device(-1), -EBADF);
    EXPECT_EQ(bfl_inode(-1), -EBADF);
    EXPECT_EQ(bfl_close(-1), -EBADF);
    EXPECT_EQ(bfl_unmap(0, bytes), -EINVAL);
    EXPECT_EQ(bfl_unmap(address, 0), -EINVAL);
    EXPECT_EQ(bfl_unmap(1, bytes), -EINVAL);
    EXPECT_EQ(bfl_copy(0, address, 1), -EINVAL);
    EXPECT_EQ(bfl_copy(address, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_copy(address, address, -1), -EINVAL);
    EXPECT_EQ(bfl_fill(0, 1, 1), -EINVAL);
    EXPECT_EQ(bfl_fill(address, 1, -1), -EINVAL);
}

TEST(huge_pages_are_advised_within_the_memory_only) {
    constexpr std::int64_t huge = std::int64_t{2} << 20;
    void* memory = mmap(nullptr, 3 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(memory != MAP_FAILED);
    const std::int64_t address = bfl::address_of(memory);
    const std::int32_t advised = bfl_advise_huge_pages(address, 3 * huge);
    EXPECT(advised == 0 || advised == -EINVAL);  // not every kernel has them
    std::memset(memory, 1, 3 * huge);
    EXPECT_EQ(munmap(memory, 3 * huge), 0);
    EXPECT_EQ(bfl_advise_huge_pages(address, 3 * huge), advised == 0 ? -ENOMEM : -EINVAL);  // it is unmapped now
    EXPECT_EQ(bfl_advise_huge_pages(address / huge * huge + 4096, huge), 0);  // contains no huge page
    EXPECT_EQ(bfl_advise_huge_pages(0, huge), -EINVAL);
    EXPECT_EQ(bfl_advise_huge_pages(-huge, huge), -EINVAL);
    EXPECT_EQ(bfl_advise_huge_pages(address, -1), -EINVAL);
    EXPECT_EQ(bfl_advise_huge_pages(address, std::numeric_limits<std::int64_t>::max()), -EINVAL);
}
