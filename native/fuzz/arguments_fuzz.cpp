// Functions of numbers, with any arguments. Without AddressSanitizer, which replaces the malloc that malloc.cpp inspects.
// Input: calls.

#include <atomic>
#include <cerrno>
#include <cstring>

#include "blazefl4j.h"
#include "futex.h"
#include "input.h"

namespace {

void futex(fuzz::Input& in) {
    constexpr std::int64_t short_while = 1000;
    std::atomic<std::uint32_t> word{in.integer<std::uint32_t>()};
    const auto nanos = in.argument<std::int64_t>();
    const int waited = bfl::futex_wait(word, word.load() + 1, nanos);
    EXPECT(waited == (nanos < 0 ? -EINVAL : -EAGAIN));
    const int slept = bfl::futex_wait(word, word.load(), nanos < 0 ? nanos : short_while);
    EXPECT(nanos < 0 ? slept == -EINVAL : slept == -ETIMEDOUT || slept == -EINTR);  // the fuzzer has a timer
    const auto count = in.argument<std::int32_t>();
    EXPECT(bfl::futex_wake(word, count) == (count < 0 ? -EINVAL : 0));
}

void malloc_kept(fuzz::Input& in) {
    const auto bytes = in.argument<std::int64_t>();
    const auto blocks = in.argument<std::int32_t>();
    const std::int32_t kept = bfl_malloc_kept(bytes, blocks);
    EXPECT(kept == -EINVAL || (kept >= 0 && kept <= blocks));
}

void memory(fuzz::Input& in) {
    const auto bytes = in.argument<std::int64_t>();
    std::uint64_t target[2] = {};
    const std::int64_t address = bfl::address_of(target);
    EXPECT(bfl_fill(0, 1, bytes) == (bytes == 0 ? 0 : -EINVAL));
    EXPECT(bfl_copy(address, 0, bytes) == (bytes == 0 ? 0 : -EINVAL));
    EXPECT(bfl_unmap(0, bytes) == -EINVAL);
    EXPECT(bfl_advise_huge_pages(0, bytes) == -EINVAL);
    if (bytes < 0) {
        EXPECT(bfl_fill(address, 1, bytes) == -EINVAL);
        EXPECT(bfl_copy(address, address, bytes) == -EINVAL);
    }
    EXPECT(target[0] == 0 && target[1] == 0);
}

// Any range, any number of vectors, any floats and weights, and one wrong address.
void arithmetic(fuzz::Input& in) {
    constexpr std::int64_t elements = BFL_EXACT_SUM_BLOCK + 2;
    float x[elements] = {};
    for (float& value : x) {
        const auto bits = in.integer<std::uint32_t>();
        std::memcpy(&value, &bits, sizeof value);
    }
    double weights[3];
    for (double& weight : weights) {
        weight = 1 + in.byte();
        if (in.byte() % 4 == 0) {
            const auto bits = in.argument<std::uint64_t>();
            std::memcpy(&weight, &bits, sizeof weight);
        }
    }
    const std::int64_t vector = bfl::address_of(x);
    const std::int64_t wrong = in.byte() % 2 == 0 ? 0 : vector + 1;
    const std::int64_t addresses[3] = {vector, vector, wrong};
    const auto from = in.byte() % 2 == 0 ? 0 : in.argument<std::int64_t>();
    const auto to = in.byte() % 2 == 0 ? elements : in.argument<std::int64_t>();
    const std::int32_t vectors = in.byte() % 5 - 1;
    const std::int64_t sum = bfl_exact_sum_create(elements);
    const std::int64_t other = bfl_exact_sum_create(elements);
    EXPECT(sum > 0 && other > 0);
    const bool refused = from < 0 || to < from || to > elements || from % BFL_EXACT_SUM_BLOCK != 0 ||
                         (to % BFL_EXACT_SUM_BLOCK != 0 && to != elements);
    const bool nothing = !refused && from == to;
    const std::int32_t folded = bfl_exact_sum_fold(sum, addresses, weights, vectors, from, to);
    EXPECT(folded == 0 || folded == -EINVAL);
    EXPECT(folded == 0 || refused || vectors < 0 || (vectors > 0 && !nothing));
    EXPECT(bfl_exact_sum_merge(other, sum, from, to) == (refused ? -EINVAL : 0));
    EXPECT(bfl_exact_sum_merge(sum, sum, 0, elements) == -EINVAL);
    EXPECT(bfl_exact_sum_add(sum, wrong, from, to) == (nothing ? 0 : -EINVAL));
    EXPECT(bfl_exact_sum_divide(sum, wrong, 1, from, to) == (nothing ? 0 : -EINVAL));
    double parts[elements];
    float mean[elements];
    float merged[elements];
    const std::int64_t out = bfl::address_of(parts);
    EXPECT(bfl_exact_sum_divide(sum, bfl::address_of(mean), 3, 0, elements) == 0);
    EXPECT(bfl_exact_sum_divide(other, bfl::address_of(merged), 3, 0, elements) == 0);
    EXPECT(std::memcmp(mean, merged, sizeof mean) == 0);
    EXPECT(bfl_exact_sum_clear(other) == 0);
    for (std::int32_t part = 0; bfl_exact_sum_part(sum, part, out, 0, elements) > 0; ++part) {
        EXPECT(part < 20 && bfl_exact_sum_add(other, out, 0, elements) == 0);
    }
    EXPECT(bfl_exact_sum_divide(other, bfl::address_of(merged), 3, 0, elements) == 0);
    EXPECT(std::memcmp(mean, merged, sizeof mean) == 0);
    EXPECT(bfl_exact_sum_free(sum) == 0 && bfl_exact_sum_free(other) == 0);
    const auto bytes = in.argument<std::int32_t>();
    EXPECT(bfl_is_finite(0, from, bytes, bytes) == (from == 0 ? 1 : -EINVAL));
    std::int64_t positions[1] = {from};
    EXPECT(bfl_pick_i64(bfl::address_of(addresses), 3, positions, 1) == (from >= 0 && from < 3 ? 0 : -ERANGE));
}

// Steps of optimizers, with one wrong argument each.
void steps(fuzz::Input& in) {
    float x[2] = {1, 1};
    const std::int64_t vector = bfl::address_of(x);
    const auto elements = in.argument<std::int64_t>();
    const auto number = in.argument<std::int64_t>();
    const auto flags = in.argument<std::int32_t>() | 8;
    EXPECT(bfl_sgd_step_f32(vector, vector, vector, elements, 1, 1, 0, 0, 0, flags) == -EINVAL);
    EXPECT(bfl_sgd_step_f32(vector + 1, vector, vector, elements, 1, 1, 0, 0, 0, 0) == (elements == 0 ? 0 : -EINVAL));
    EXPECT(bfl_adam_step_f32(vector, vector, vector, vector, elements, 1, 1, 0, 0, 1, 0, 1, flags) == -EINVAL);
    EXPECT(bfl_adam_step_f32(vector, 0, vector, vector, elements, 1, 1, 0, 0, 1, 0, number, 0) ==
           (elements == 0 && number > 0 ? 0 : -EINVAL));
    EXPECT(bfl_pull_f32(vector, 0, 1, vector, 0, elements) == (elements == 0 ? 0 : -EINVAL));
    EXPECT(bfl_sum_squares_f32(0, elements) == (elements == 0 ? 0 : -EINVAL));
    EXPECT(x[0] == 1 && x[1] == 1);
}

void files(fuzz::Input& in) {
    const std::int32_t none = in.argument<std::int32_t>() | 1 << 30;
    EXPECT(bfl_device(none) == -EBADF && bfl_inode(none) == -EBADF && bfl_close(none) == -EBADF);
    const auto bytes = in.argument<std::int64_t>();
    EXPECT(bfl_map(none, bytes, 1) == (bytes > 0 ? -EBADF : -EINVAL));
    if (bytes <= 0) {
        EXPECT(bfl_memfd_create(bytes) == -EINVAL);
        EXPECT(bfl_shm_create("/dev/shm", bytes) == -EINVAL);
    }
    EXPECT(bfl_shm_create(nullptr, 1) == -EINVAL);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in(data, size);
    for (int i = 0; i < 20 && !in.empty(); i++) {
        switch (in.byte() % 8) {
            case 0: futex(in); break;
            case 1: malloc_kept(in); break;
            case 2: memory(in); break;
            case 3: files(in); break;
            case 4: EXPECT(std::strlen(bfl_error_text(in.argument<std::int32_t>())) > 0); break;
            case 5: arithmetic(in); break;
            case 6: steps(in); break;
            default: EXPECT(bfl_openmp_set_threads(-in.byte()) == -EINVAL); break;
        }
    }
    return 0;
}
