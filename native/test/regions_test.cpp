#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <thread>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

constexpr std::int64_t slot_bytes = 4096;
constexpr std::int64_t slots = 4;
constexpr std::int64_t bytes = slots * slot_bytes;

std::int64_t map_memory() {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(mapped != MAP_FAILED);
    return bfl::address_of(mapped);
}

bool is_mapped(std::int64_t address) {
    unsigned char resident[slots];
    return mincore(bfl::at<void>(address), bytes, resident) == 0;
}

/** Frees a storage as LibTorch does. */
void delete_storage(std::int64_t data) {
    struct FunctionObject {
        void (*function)(void*);
        void* object;
    };
    bfl::at<FunctionObject>(bfl_region_deleter())->function(bfl::at<void>(data));
}

struct OpenRegion {
    const std::int64_t address = map_memory();
    const std::int64_t number = bfl_region_add(address, bytes, slot_bytes);
};

}  // namespace

TEST(references_are_counted_in_the_slot_of_their_address) {
    const OpenRegion region;
    EXPECT(region.number > 0);
    const std::int64_t second = region.address + slot_bytes;
    EXPECT_EQ(bfl_region_retain(region.number, second), 0);
    EXPECT_EQ(bfl_region_retain(region.number, second + slot_bytes - 1), 0);
    EXPECT_EQ(bfl_region_references(region.number, 0), 0);
    EXPECT_EQ(bfl_region_references(region.number, 1), 2);
    EXPECT_EQ(bfl_region_references(region.number, 2), 0);
    delete_storage(second + slot_bytes - 1);
    EXPECT_EQ(bfl_region_references(region.number, 1), 1);
    delete_storage(second);
    EXPECT_EQ(bfl_region_references(region.number, 1), 0);
    EXPECT_EQ(bfl_region_close(region.number), 0);
}

TEST(a_closed_region_stays_mapped_until_the_last_reference_is_gone) {
    const OpenRegion region;
    EXPECT_EQ(bfl_region_retain(region.number, region.address), 0);
    EXPECT_EQ(bfl_region_retain(region.number, region.address + 3 * slot_bytes), 0);
    EXPECT_EQ(bfl_region_close(region.number), 2);
    EXPECT_EQ(bfl_region_retain(region.number, region.address), -ENOENT);
    delete_storage(region.address);
    EXPECT(is_mapped(region.address));
    EXPECT_EQ(bfl_region_references(region.number, 3), 1);
    delete_storage(region.address + 3 * slot_bytes);
    EXPECT(!is_mapped(region.address));
    EXPECT_EQ(bfl_region_references(region.number, 3), 0);
    EXPECT_EQ(bfl_region_close(region.number), -ENOENT);
}

TEST(an_open_region_stays_mapped_without_references) {
    const OpenRegion region;
    EXPECT_EQ(bfl_region_retain(region.number, region.address), 0);
    delete_storage(region.address);
    EXPECT(is_mapped(region.address));
    EXPECT_EQ(bfl_region_close(region.number), 0);
    EXPECT(!is_mapped(region.address));
}

TEST(a_number_is_not_used_again_where_an_address_is) {
    const OpenRegion first;
    EXPECT_EQ(bfl_region_close(first.number), 0);
    void* same = mmap(bfl::at<void>(first.address), bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    EXPECT_EQ(bfl::address_of(same), first.address);
    const std::int64_t second = bfl_region_add(first.address, bytes, slot_bytes);
    EXPECT(second > first.number);
    EXPECT_EQ(bfl_region_retain(second, first.address), 0);
    EXPECT_EQ(bfl_region_references(first.number, 0), 0);
    EXPECT_EQ(bfl_region_retain(first.number, first.address), -ENOENT);
    delete_storage(first.address);
    EXPECT_EQ(bfl_region_close(second), 0);
}

TEST(the_last_slot_may_be_shorter) {
    const std::int64_t address = map_memory();
    const std::int64_t number = bfl_region_add(address, bytes, slot_bytes * 3);
    EXPECT_EQ(bfl_region_retain(number, address + bytes - 1), 0);
    EXPECT_EQ(bfl_region_references(number, 1), 1);
    EXPECT_EQ(bfl_region_references(number, 2), -EINVAL);
    delete_storage(address + bytes - 1);
    EXPECT_EQ(bfl_region_close(number), 0);
}

namespace {

std::int64_t freed = 0;

std::int32_t note_freed(std::int64_t address) {
    freed = address;
    return 0;
}

}  // namespace

TEST(memory_of_another_kind_is_freed_by_its_own_function) {
    const std::int64_t address = map_memory();
    const auto function = reinterpret_cast<std::int64_t>(&note_freed);
    const std::int64_t number = bfl_region_add_with(address, bytes, slot_bytes, function);
    EXPECT(number > 0);
    EXPECT_EQ(bfl_region_retain(number, address + slot_bytes), 0);
    EXPECT_EQ(bfl_region_close(number), 1);
    EXPECT_EQ(freed, 0);
    delete_storage(address + slot_bytes);
    EXPECT_EQ(freed, address);
    EXPECT(is_mapped(address));
    EXPECT_EQ(bfl_region_count(), 0);
    munmap(bfl::at<void>(address), bytes);
    EXPECT_EQ(bfl_region_add_with(address, bytes, slot_bytes, 0), -EINVAL);
    EXPECT_EQ(bfl_region_add_with(address, bytes, slot_bytes, -ENOSYS), -EINVAL);
}

TEST(threads_release_and_close_at_the_same_time) {
    constexpr int threads = 4;
    constexpr int rounds = 500;
    constexpr int held = 8;
    for (int round = 0; round < rounds; ++round) {
        const OpenRegion region;
        for (int i = 0; i < threads * held; ++i) {
            EXPECT_EQ(bfl_region_retain(region.number, region.address + i % slots * slot_bytes), 0);
        }
        std::atomic<int> ready{0};
        const auto start_together = [&ready] {
            ++ready;
            while (ready < threads + 1) {
                std::this_thread::yield();
            }
        };
        std::vector<std::thread> running;
        for (int t = 0; t < threads; ++t) {
            running.emplace_back([&] {
                start_together();
                for (int i = 0; i < held; ++i) {
                    delete_storage(region.address + i % slots * slot_bytes);
                }
            });
        }
        start_together();
        const std::int64_t left = bfl_region_close(region.number);
        EXPECT(left >= 0 && left <= threads * held);
        for (auto& thread : running) {
            thread.join();
        }
        EXPECT_EQ(bfl_region_close(region.number), -ENOENT);
    }
    EXPECT_EQ(bfl_region_count(), 0);
}

TEST(what_belongs_to_no_region_is_let_alone) {
    const OpenRegion region;
    delete_storage(region.address - 1);
    delete_storage(region.address + bytes);
    delete_storage(region.address);
    delete_storage(0);
    EXPECT_EQ(bfl_region_references(region.number, 0), 0);
    EXPECT_EQ(bfl_region_close(region.number), 0);
}

TEST(wrong_arguments_are_refused) {
    const OpenRegion region;
    EXPECT_EQ(bfl_region_add(0, bytes, slot_bytes), -EINVAL);
    EXPECT_EQ(bfl_region_add(region.address, 0, slot_bytes), -EINVAL);
    EXPECT_EQ(bfl_region_add(region.address, bytes, 0), -EINVAL);
    EXPECT_EQ(bfl_region_add(region.address, INT64_MAX, slot_bytes), -EINVAL);
    EXPECT_EQ(bfl_region_add(region.address, std::int64_t{1} << 45, slot_bytes), -EINVAL);
    EXPECT_EQ(bfl_region_add(region.address, bytes, slot_bytes), -EEXIST);
    EXPECT_EQ(bfl_region_add(region.address + bytes - 1, bytes, slot_bytes), -EEXIST);
    EXPECT_EQ(bfl_region_add(region.address - bytes + 1, bytes, slot_bytes), -EEXIST);
    EXPECT_EQ(bfl_region_retain(region.number, region.address - 1), -ENOENT);
    EXPECT_EQ(bfl_region_retain(region.number, region.address + bytes), -ENOENT);
    EXPECT_EQ(bfl_region_retain(region.number + 1, region.address), -ENOENT);
    EXPECT_EQ(bfl_region_references(0, 0), -EINVAL);
    EXPECT_EQ(bfl_region_references(region.number + 1, 0), -EINVAL);
    EXPECT_EQ(bfl_region_references(region.number, -1), -EINVAL);
    EXPECT_EQ(bfl_region_references(region.number, slots), -EINVAL);
    EXPECT_EQ(bfl_region_close(region.number + 1), -ENOENT);
    EXPECT_EQ(bfl_region_close(region.number), 0);
}
