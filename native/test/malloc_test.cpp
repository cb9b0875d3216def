#include <malloc.h>

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "blazefl4j.h"
#include "expect.h"

// Without sanitizers, which replace malloc. The order of the cases matters: the last one changes the process.

namespace {

constexpr std::int64_t mib = 1024 * 1024;
constexpr std::int64_t large = 24 * mib;
constexpr std::int32_t blocks = 5;  // more than fit in one of glibc's 64 MiB heaps

template <typename Measure>
auto on_a_new_thread(Measure measure) {
    decltype(measure()) result{};
    std::thread([&] { result = measure(); }).join();
    return result;
}

std::int64_t resident_bytes() {
    std::int64_t all = 0;
    std::int64_t resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

TEST(an_untuned_process_gives_large_blocks_back) {
    EXPECT(bfl_malloc_heap_limit() < 32 * mib);
    EXPECT_EQ(bfl_malloc_kept(large, blocks), 0);
}

TEST(measuring_changes_nothing) {
    const std::int64_t limit = bfl_malloc_heap_limit();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(bfl_malloc_kept(large, blocks), 0);
        EXPECT_EQ(bfl_malloc_heap_limit(), limit);
    }
}

TEST(each_setting_that_is_missing_is_noticed) {
    mallopt(M_MMAP_THRESHOLD, static_cast<int>(32 * mib));
    EXPECT_EQ(bfl_malloc_heap_limit(), 32 * mib);
    EXPECT(bfl_malloc_kept(large, blocks) < blocks);
    mallopt(M_TRIM_THRESHOLD, static_cast<int>(512 * mib));
    EXPECT(on_a_new_thread([] { return bfl_malloc_kept(large, blocks); }) < blocks);  // no top pad
}

TEST(wrong_arguments_are_refused) {
    EXPECT_EQ(bfl_malloc_kept(0, 1), -EINVAL);
    EXPECT_EQ(bfl_malloc_kept(64 * 1024 - 1, 1), -EINVAL);
    EXPECT_EQ(bfl_malloc_kept(large, -1), -EINVAL);
    EXPECT_EQ(bfl_malloc_kept(large, 65), -EINVAL);
}

TEST(a_tuned_process_keeps_them_on_every_thread) {
    EXPECT_EQ(bfl_malloc_tune(), 0);
    EXPECT_EQ(bfl_malloc_heap_limit(), 32 * mib);
    EXPECT_EQ(bfl_malloc_kept(large, blocks), blocks);
    EXPECT_EQ(on_a_new_thread([] { return bfl_malloc_kept(large, blocks); }), blocks);
}

TEST(a_tuned_process_gives_them_back_when_it_is_asked_to) {
    void* block = std::malloc(large);
    EXPECT(block != nullptr);
    for (std::int64_t i = 0; i < large; i += 1024) {
        static_cast<volatile char*>(block)[i] = 1;
    }
    std::free(block);
    const std::int64_t before = resident_bytes();
    EXPECT_EQ(bfl_malloc_trim(), 1);
    EXPECT(resident_bytes() <= before - large / 2);
}
