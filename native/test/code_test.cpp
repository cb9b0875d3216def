#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

constexpr std::int64_t bytes = 64 * 4096;

std::int64_t resident_file_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "RssFile:") {
            std::int64_t kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return -1;
}

/** Memory of a file, mapped as a library's code is. */
struct Code {
    const std::int64_t begin;

    Code() : begin(map()) {}

    static std::int64_t map() {
        const int file = memfd_create("code", 0);
        EXPECT_EQ(ftruncate(file, bytes), 0);
        EXPECT_EQ(pwrite(file, "as in the file", 14, 0), 14);
        void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
        EXPECT(mapped != MAP_FAILED);
        close(file);
        return bfl::address_of(mapped);
    }

    char& first() const { return *bfl::at<char>(begin); }

    void seal() const { EXPECT_EQ(mprotect(bfl::at<void>(begin), bytes, PROT_READ | PROT_EXEC), 0); }

    ~Code() { munmap(bfl::at<void>(begin), bytes); }
};

}  // namespace

TEST(code_that_is_as_in_its_file_leaves_memory_and_comes_back) {
    const std::int64_t before = resident_file_bytes();
    EXPECT(bfl_code_unload() > 0);
    EXPECT(resident_file_bytes() < before);
    EXPECT(bfl_code_unload() > 0);  // its own code has come back
}

TEST(code_that_was_changed_stays) {
    const Code changed;
    changed.first() = 'A';
    changed.seal();
    const Code unchanged;
    EXPECT_EQ(unchanged.first(), 'a');
    unchanged.seal();
    EXPECT(bfl_code_unload() > 0);
    EXPECT_EQ(changed.first(), 'A');
    EXPECT_EQ(unchanged.first(), 'a');
}
