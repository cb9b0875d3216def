#include "futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace {

/** Without FUTEX_PRIVATE_FLAG, because the other side is another process. */
int futex(const std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) noexcept {
    const long result = syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
    return result < 0 ? -errno : static_cast<int>(result);
}

}  // namespace

int bfl::futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t nanos) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    if (nanos < 0) {
        return -EINVAL;
    }
    const timespec timeout{static_cast<time_t>(nanos / second), static_cast<long>(nanos % second)};
    return futex(word, FUTEX_WAIT, expected, &timeout);
}

int bfl::futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
    return count < 0 ? -EINVAL : futex(word, FUTEX_WAKE, static_cast<std::uint32_t>(count), nullptr);
}
