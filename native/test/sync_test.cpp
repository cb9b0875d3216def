#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "expect.h"

namespace {

constexpr std::int64_t second = 1'000'000'000;

/** Words in memory that a child process shares. */
struct Shared {
    const std::int32_t fd = bfl_memfd_create(4096);
    const std::int64_t address = bfl_map(fd, 4096);
    ~Shared() {
        bfl_unmap(address, 4096);
        bfl_close(fd);
    }
};

}  // namespace

TEST(words_are_read_written_added_and_compared) {
    alignas(8) std::int64_t word = 5;
    const std::int64_t address = bfl::address_of(&word);
    EXPECT_EQ(bfl_load(address), 5);
    EXPECT_EQ(bfl_store(address, INT64_MIN), 0);
    EXPECT_EQ(bfl_load(address), INT64_MIN);
    EXPECT_EQ(bfl_store(address, 7), 0);
    EXPECT_EQ(bfl_add(address, 3), 7);
    EXPECT_EQ(bfl_compare_and_set(address, 9, 1), 0);
    EXPECT_EQ(word, 10);
    EXPECT_EQ(bfl_compare_and_set(address, 10, 1), 1);
    EXPECT_EQ(word, 1);
    alignas(4) std::int32_t half = 5;
    const std::int64_t half_address = bfl::address_of(&half);
    EXPECT_EQ(bfl_add32(half_address, 2), 5);
    EXPECT_EQ(bfl_load32(half_address), 7);
    EXPECT_EQ(bfl_store32(half_address, -1), 0);
    EXPECT_EQ(half, -1);
}

TEST(no_addition_of_several_threads_is_lost) {
    alignas(8) std::int64_t sum = 0;
    alignas(8) std::int64_t won = 0;
    constexpr int rounds = 20'000;
    const auto work = [&] {
        for (int i = 0; i < rounds; ++i) {
            bfl_add(bfl::address_of(&sum), 1);
            std::int64_t seen;
            do {
                seen = bfl_load(bfl::address_of(&won));
            } while (bfl_compare_and_set(bfl::address_of(&won), seen, seen + 1) == 0);
        }
    };
    std::thread other(work);
    work();
    other.join();
    EXPECT_EQ(sum, 2 * rounds);
    EXPECT_EQ(won, 2 * rounds);
}

TEST(what_was_written_before_a_release_is_seen_after_it_is_acquired) {
    alignas(8) std::int64_t flag = 0;
    int plain = 0;
    std::thread reader([&] {
        while (bfl_load(bfl::address_of(&flag)) == 0) {
            std::this_thread::yield();
        }
        EXPECT_EQ(plain, 42);
    });
    plain = 42;
    bfl_fence();
    bfl_store(bfl::address_of(&flag), 1);
    reader.join();
}

TEST(a_wait_on_a_word_that_changed_returns_at_once) {
    std::int32_t word = 1;
    EXPECT_EQ(bfl_futex_wait(bfl::address_of(&word), 0, 60 * second), -EAGAIN);
}

TEST(a_wait_ends_after_its_time) {
    std::int32_t word = 0;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(bfl_futex_wait(bfl::address_of(&word), 0, second / 50), -ETIMEDOUT);
    EXPECT(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(20));
}

TEST(a_wake_reaches_a_waiter_in_another_process) {
    const Shared shared;
    const pid_t child = fork();
    if (child == 0) {
        std::int32_t result = 0;
        while (bfl_load32(shared.address) == 0 && (result == 0 || result == -EAGAIN || result == -EINTR)) {
            result = bfl_futex_wait(shared.address, 0, 30 * second);
        }
        _exit(bfl_load32(shared.address) == 1 ? 0 : 1);
    }
    while (bfl_futex_wake(shared.address, 1) == 0) {  // until it waits
        std::this_thread::yield();
    }
    EXPECT_EQ(bfl_store32(shared.address, 1), 0);
    EXPECT(bfl_futex_wake(shared.address, 1) >= 0);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(wrong_arguments_are_refused) {
    alignas(8) std::int64_t words[2] = {};
    const std::int64_t address = bfl::address_of(words);
    for (const std::int64_t bad : {std::int64_t{0}, address + 1, address + 4}) {
        EXPECT_EQ(bfl_load(bad), -EINVAL);
        EXPECT_EQ(bfl_store(bad, 1), -EINVAL);
        EXPECT_EQ(bfl_add(bad, 1), -EINVAL);
        EXPECT_EQ(bfl_compare_and_set(bad, 0, 1), -EINVAL);
    }
    for (const std::int64_t bad : {std::int64_t{0}, address + 1, address + 2}) {
        EXPECT_EQ(bfl_load32(bad), -EINVAL);
        EXPECT_EQ(bfl_store32(bad, 1), -EINVAL);
        EXPECT_EQ(bfl_add32(bad, 1), -EINVAL);
        EXPECT_EQ(bfl_futex_wait(bad, 0, 1), -EINVAL);
        EXPECT_EQ(bfl_futex_wake(bad, 1), -EINVAL);
    }
    EXPECT_EQ(bfl_futex_wait(address, 0, -1), -EINVAL);
    EXPECT_EQ(bfl_futex_wake(address, -1), -EINVAL);
    EXPECT_EQ(words[0], 0);
}
