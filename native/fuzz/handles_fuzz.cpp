// Opens segment handles with any numbers, which may name descriptors of any kind. Input: handles.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "blazefl4j.h"
#include "input.h"

namespace {

constexpr std::int64_t file_bytes = 3 * 4096;

/** Descriptors of all kinds that a number may stand for in another process. */
std::vector<int> descriptors() {
    std::vector<int> all{bfl_memfd_create(file_bytes), open("/dev/shm", O_RDONLY), open("/dev/null", O_RDWR),
                         open("/dev/zero", O_RDONLY)};
    int two[2];
    EXPECT(pipe(two) == 0);
    all.insert(all.end(), two, two + 2);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, two) == 0);
    all.insert(all.end(), two, two + 2);
    for (const int fd : all) {
        EXPECT(fd >= 0);
    }
    return all;
}

/** Checks that a mapping is readable from end to end. */
void map_and_read(int fd, std::int64_t bytes) {
    const std::int64_t mapped = bfl_map(fd, bytes, 1);
    EXPECT((mapped > 0) == (bytes > 0 && bytes <= file_bytes));
    if (mapped > 0) {
        const auto* memory = bfl::at<const volatile std::uint8_t>(mapped);
        EXPECT(memory[0] == 0 && memory[bytes - 1] == 0);
        EXPECT(bfl_unmap(mapped, bytes) == 0);
    }
}

void open_one(fuzz::Input& in) {
    static const std::vector<int> known = descriptors();
    const std::uint8_t choice = in.byte();
    const std::int32_t pid = choice & 1 ? in.argument<std::int32_t>() : getpid();
    const std::int32_t fd = choice & 2 ? in.argument<std::int32_t>() : known[in.byte() % known.size()];
    const std::int64_t device = choice & 4 ? in.argument<std::int64_t>() : bfl_device(fd);
    const std::int64_t inode = choice & 8 ? in.argument<std::int64_t>() : bfl_inode(fd);
    const std::int64_t bytes = choice & 16 ? in.argument<std::int64_t>() : in.integer<std::uint16_t>();
    const std::int32_t opened = bfl_shm_open(pid, fd, device, inode, bytes, 1);
    const bool is_segment = pid == getpid() && fd == known[0] && device == bfl_device(known[0])
                            && inode == bfl_inode(known[0]) && bytes > 0 && bytes <= file_bytes;
    EXPECT(!is_segment || opened >= 0);
    if (opened < 0) {
        return;
    }
    struct stat found;
    EXPECT(fstat(opened, &found) == 0 && S_ISREG(found.st_mode) && found.st_size >= bytes);
    EXPECT(bfl_device(opened) == device && bfl_inode(opened) == inode);
    if (is_segment) {
        map_and_read(opened, bytes);
        map_and_read(opened, in.argument<std::int64_t>());
    }
    EXPECT(bfl_close(opened) == 0);
    EXPECT(bfl_close(opened) == -EBADF);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in(data, size);
    for (int i = 0; i < 20 && !in.empty(); i++) {
        open_one(in);
    }
    return 0;
}
