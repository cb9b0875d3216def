#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>

#include "blazefl4j.h"
#include "address.h"

namespace {

/** Larger mappings are populated on access, because a worker may need little of a large data set. */
constexpr std::int64_t most_populated = std::int64_t{1} << 30;

/** Reserves all bytes, so that later writes cannot fail on a full file system. Returns the descriptor or an error. */
std::int32_t reserved(int fd, std::int64_t bytes) noexcept {
    if (fd < 0) {
        return -errno;
    }
    int error;
    do {
        error = posix_fallocate(fd, 0, bytes);
    } while (error == EINTR);
    if (error != 0) {
        close(fd);
        return -error;
    }
    return fd;
}

/** Opens the file of an O_PATH descriptor. */
int reopened(int fd, bool writable) noexcept {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
}

bool is_file(int fd, std::int64_t device, std::int64_t inode, std::int64_t bytes) noexcept {
    struct stat found;
    return fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && static_cast<std::int64_t>(found.st_dev) == device &&
           static_cast<std::int64_t>(found.st_ino) == inode && found.st_size >= bytes;
}

}  // namespace

std::int32_t bfl_shm_create(const char* folder, std::int64_t bytes) noexcept {
    if (folder == nullptr || bytes <= 0) {
        return -EINVAL;
    }
    // O_EXCL: the file can never get a name.
    return reserved(open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600), bytes);
}

std::int32_t bfl_memfd_create(std::int64_t bytes) noexcept {
    return bytes <= 0 ? -EINVAL : reserved(memfd_create("blazefl4j", MFD_CLOEXEC), bytes);
}

std::int32_t bfl_shm_open(std::int32_t pid, std::int32_t fd, std::int64_t device, std::int64_t inode,
                          std::int64_t bytes, std::int32_t writable) noexcept {
    if (pid <= 0 || fd < 0 || bytes <= 0) {
        return -EINVAL;
    }
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    // O_PATH: the number may stand for a pipe or device by now, whose opening could block or have effects.
    const int seen = open(path, O_PATH | O_CLOEXEC);
    if (seen < 0) {
        return -errno;
    }
    std::int32_t result = -ESTALE;
    if (is_file(seen, device, inode, bytes)) {
        const int opened = reopened(seen, writable != 0);
        result = opened < 0 ? -errno : opened;
    }
    close(seen);
    return result;
}

std::int64_t bfl_device(std::int32_t fd) noexcept {
    struct stat found;
    return fstat(fd, &found) == 0 ? static_cast<std::int64_t>(found.st_dev) : -errno;
}

std::int64_t bfl_inode(std::int32_t fd) noexcept {
    struct stat found;
    return fstat(fd, &found) == 0 ? static_cast<std::int64_t>(found.st_ino) : -errno;
}

std::int32_t bfl_close(std::int32_t fd) noexcept {
    return close(fd) == 0 ? 0 : -errno;
}

std::int64_t bfl_map(std::int32_t fd, std::int64_t bytes, std::int32_t writable) noexcept {
    if (bytes <= 0) {
        return -EINVAL;
    }
    struct stat found;
    if (fstat(fd, &found) != 0) {
        return -errno;
    }
    if (found.st_size < bytes) {  // access beyond the end of the file would raise SIGBUS
        return -EINVAL;
    }
    const int protection = PROT_READ | (writable != 0 ? PROT_WRITE : 0);
    const int flags = MAP_SHARED | (bytes <= most_populated ? MAP_POPULATE : 0);
    void* mapped = mmap(nullptr, static_cast<std::size_t>(bytes), protection, flags, fd, 0);
    return mapped == MAP_FAILED ? -errno : bfl::address_of(mapped);
}

std::int32_t bfl_unmap(std::int64_t address, std::int64_t bytes) noexcept {
    if (address == 0 || bytes <= 0) {
        return -EINVAL;
    }
    return munmap(bfl::at<void>(address), static_cast<std::size_t>(bytes)) == 0 ? 0 : -errno;
}

std::int32_t bfl_copy(std::int64_t target, std::int64_t source, std::int64_t bytes) noexcept {
    if (bytes < 0 || (bytes > 0 && (target == 0 || source == 0))) {
        return -EINVAL;
    }
    if (bytes > 0) {
        std::memmove(bfl::at<void>(target), bfl::at<void>(source), static_cast<std::size_t>(bytes));
    }
    return 0;
}

std::int32_t bfl_fill(std::int64_t target, std::int32_t value, std::int64_t bytes) noexcept {
    if (bytes < 0 || (bytes > 0 && target == 0)) {
        return -EINVAL;
    }
    if (bytes > 0) {
        std::memset(bfl::at<void>(target), value, static_cast<std::size_t>(bytes));
    }
    return 0;
}

std::int32_t bfl_advise_huge_pages(std::int64_t address, std::int64_t bytes) noexcept {
    constexpr std::int64_t huge = std::int64_t{2} << 20;
    if (address <= 0 || bytes < 0 || bytes > std::numeric_limits<std::int64_t>::max() - address - huge) {
        return -EINVAL;
    }
    const std::int64_t first = (address + huge - 1) / huge * huge;
    const std::int64_t end = (address + bytes) / huge * huge;
    if (end <= first) {
        return 0;
    }
    return madvise(bfl::at<void>(first), static_cast<std::size_t>(end - first), MADV_HUGEPAGE) == 0 ? 0 : -errno;
}
