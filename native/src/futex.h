/* Waiting on a word that processes share. */
#pragma once

#include <atomic>
#include <cstdint>

namespace bfl {

static_assert(std::atomic<std::uint32_t>::is_always_lock_free && sizeof(std::atomic<std::uint32_t>) == 4,
              "a futex waits on 32 plain bits");

/**
 * Waits while the word equals `expected`, at most `nanos`. Returns 0 if woken, perhaps spuriously. -EAGAIN: the word had
 * another value. -ETIMEDOUT, -EINTR. -EINVAL: the time is negative.
 */
int futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t nanos) noexcept;

/** Wakes at most `count` waiters in any process. Returns their number or a negative errno. */
int futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept;

}  // namespace bfl
