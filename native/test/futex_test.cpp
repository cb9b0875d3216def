#include "futex.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <thread>

#include "expect.h"

namespace {

using Word = std::atomic<std::uint32_t>;
constexpr std::int64_t second = 1'000'000'000;

}  // namespace

TEST(a_wait_on_a_word_that_changed_returns_at_once) {
    Word word{1};
    EXPECT_EQ(bfl::futex_wait(word, 0, 60 * second), -EAGAIN);
}

TEST(a_wait_ends_after_its_time) {
    Word word{0};
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(bfl::futex_wait(word, 0, second / 50), -ETIMEDOUT);
    EXPECT(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(20));
}

TEST(a_wake_reaches_a_waiter_in_another_process) {
    void* shared = mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT(shared != MAP_FAILED);
    Word& word = *new (shared) Word{0};
    const pid_t child = fork();
    if (child == 0) {
        _exit(-bfl::futex_wait(word, 0, 30 * second));
    }
    while (bfl::futex_wake(word, 1) == 0) {  // until it waits
        std::this_thread::yield();
    }
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(munmap(shared, sizeof(Word)), 0);
}

TEST(wrong_arguments_are_refused) {
    Word word{0};
    EXPECT_EQ(bfl::futex_wait(word, 0, -1), -EINVAL);
    EXPECT_EQ(bfl::futex_wake(word, -1), -EINVAL);
    EXPECT_EQ(bfl::futex_wake(word, 1), 0);
}
