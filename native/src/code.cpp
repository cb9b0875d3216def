#include <sys/mman.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

#include "address.h"
#include "blazefl4j.h"

namespace {

/** One mapping of this process, as it begins in /proc/self/smaps. */
struct Mapping {
    std::int64_t begin = 0;
    std::int64_t bytes = 0;
    bool is_code = false;  // of a library's or a program's file
};

/** Whether the line begins a mapping. Those of its figures, which follow, begin with a name and a colon. */
bool begins(const std::string& line, Mapping& mapping) {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t inode = 0;
    char mode[5] = {};
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %" SCNd64, &begin, &end, mode, &inode) != 4) {
        return false;
    }
    mapping = {begin, end - begin, std::strcmp(mode, "r-xp") == 0 && inode != 0};
    return true;
}

/** Whether the line says that the mapping's pages are as in its file: only then do they come back as they were. */
bool says_unchanged(const std::string& line) {
    std::int64_t kilobytes = 0;
    return std::sscanf(line.c_str(), "Anonymous: %" SCNd64, &kilobytes) == 1 && kilobytes == 0;
}

std::int32_t unload() {
    std::ifstream mappings("/proc/self/smaps");
    std::int32_t unloaded = 0;
    Mapping mapping;
    for (std::string line; std::getline(mappings, line);) {
        if (!begins(line, mapping) && mapping.is_code && says_unchanged(line)) {
            const auto bytes = static_cast<std::size_t>(mapping.bytes);
            unloaded += madvise(bfl::at<void>(mapping.begin), bytes, MADV_DONTNEED) == 0 ? 1 : 0;
        }
    }
    return unloaded;
}

}  // namespace

std::int32_t bfl_code_unload() noexcept {
    try {
        return unload();
    } catch (...) {
        return -ENOMEM;
    }
}
