#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <climits>
#include <ctime>

#include "blazefl4j.h"
#include "address.h"

namespace {

// GCC's builtins rather than std::atomic_ref, which is C++20.
constexpr int acquire = __ATOMIC_ACQUIRE;
constexpr int release = __ATOMIC_RELEASE;
constexpr int both = __ATOMIC_ACQ_REL;

template <typename T>
T load(std::int64_t address) noexcept {
    return bfl::usable<T>(address) ? __atomic_load_n(bfl::at<T>(address), acquire) : T{-EINVAL};
}

template <typename T>
std::int32_t store(std::int64_t address, T value) noexcept {
    if (!bfl::usable<T>(address)) {
        return -EINVAL;
    }
    __atomic_store_n(bfl::at<T>(address), value, release);
    return 0;
}

template <typename T>
T add(std::int64_t address, T value) noexcept {
    return bfl::usable<T>(address) ? __atomic_fetch_add(bfl::at<T>(address), value, both) : T{-EINVAL};
}

long futex(std::int64_t address, int operation, std::int32_t value, const timespec* timeout) noexcept {
    return syscall(SYS_futex, bfl::at<std::int32_t>(address), operation, value, timeout, nullptr, 0);
}

}  // namespace

std::int64_t bfl_load(std::int64_t address) noexcept {
    return load<std::int64_t>(address);
}

std::int32_t bfl_store(std::int64_t address, std::int64_t value) noexcept {
    return store(address, value);
}

std::int64_t bfl_add(std::int64_t address, std::int64_t value) noexcept {
    return add(address, value);
}

std::int32_t bfl_compare_and_set(std::int64_t address, std::int64_t expected, std::int64_t desired) noexcept {
    if (!bfl::usable<std::int64_t>(address)) {
        return -EINVAL;
    }
    return __atomic_compare_exchange_n(bfl::at<std::int64_t>(address), &expected, desired, false, both, acquire) ? 1 : 0;
}

std::int32_t bfl_load32(std::int64_t address) noexcept {
    return load<std::int32_t>(address);
}

std::int32_t bfl_store32(std::int64_t address, std::int32_t value) noexcept {
    return store(address, value);
}

std::int32_t bfl_add32(std::int64_t address, std::int32_t value) noexcept {
    return add(address, value);
}

void bfl_fence() noexcept {
    // On x86 this is mfence or a locked instruction; only the former orders non-temporal stores.
    __builtin_ia32_mfence();
}

std::int32_t bfl_futex_wait(std::int64_t address, std::int32_t expected, std::int64_t nanos) noexcept {
    if (!bfl::usable<std::int32_t>(address) || nanos < 0) {
        return -EINVAL;
    }
    constexpr std::int64_t second = 1'000'000'000;
    const timespec timeout{static_cast<time_t>(nanos / second), static_cast<long>(nanos % second)};
    return futex(address, FUTEX_WAIT, expected, &timeout) == 0 ? 0 : -errno;
}

std::int32_t bfl_futex_wake(std::int64_t address, std::int32_t count) noexcept {
    if (!bfl::usable<std::int32_t>(address) || count < 0) {
        return -EINVAL;
    }
    const long woken = futex(address, FUTEX_WAKE, count, nullptr);
    return woken < 0 ? -errno : static_cast<std::int32_t>(woken);
}
