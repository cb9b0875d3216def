#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "address.h"
#include "blazefl4j.h"

namespace {

constexpr std::int64_t mib = 1024 * 1024;
constexpr std::int64_t largest_threshold = 32 * mib;  // glibc ignores more

/**
 * Whether the kernel was asked for this block alone. glibc's blocks are multiples of 16 bytes, of which a block in the
 * heap loses 8 and a mapped one 16.
 */
bool is_mapped(void* block) {
    return malloc_usable_size(block) % 16 == 0;
}

/**
 * Frees a block and leaves glibc as it was: it raises its own threshold when a mapped block below the largest threshold is
 * freed, and a measurement must not change what it measures. So a mapped block grows past that first.
 */
void free_unnoticed(void* block) {
    if (block != nullptr && is_mapped(block)) {
        void* grown = std::realloc(block, 2 * largest_threshold);
        block = grown == nullptr ? block : grown;
    }
    std::free(block);
}

unsigned char* page_of(void* block, std::int64_t bytes) {
    const std::int64_t page = sysconf(_SC_PAGESIZE);
    return bfl::at<unsigned char>((bfl::address_of(block) + bytes / 2) / page * page);
}

bool is_resident(void* page) {
    unsigned char resident = 0;
    return mincore(page, 1, &resident) == 0 && (resident & 1) != 0;
}

/** Takes `left` blocks, one inside the other, and gives them back in reverse order; how many stayed. */
std::int32_t kept(std::int64_t bytes, std::int32_t left) {
    void* block = left == 0 ? nullptr : std::malloc(static_cast<std::size_t>(bytes));
    if (block == nullptr) {
        return 0;
    }
    unsigned char* page = page_of(block, bytes);
    *static_cast<volatile unsigned char*>(page) = 1;
    const std::int32_t others = kept(bytes, left - 1);
    const bool mapped = is_mapped(block);
    free_unnoticed(block);
    return others + (!mapped && is_resident(page) ? 1 : 0);
}

}  // namespace

std::int32_t bfl_malloc_tune() noexcept {
    const bool done = mallopt(M_MMAP_THRESHOLD, static_cast<int>(largest_threshold)) == 1 &&
                      mallopt(M_TRIM_THRESHOLD, static_cast<int>(512 * mib)) == 1 &&
                      mallopt(M_TOP_PAD, static_cast<int>(64 * mib)) == 1;
    return done ? 0 : -EINVAL;
}

std::int64_t bfl_malloc_heap_limit() noexcept {
    constexpr std::int64_t slack = 64 * 1024;  // for the block's header
    std::int64_t limit = 0;
    for (std::int64_t size = mib / 8; size <= largest_threshold; size *= 2) {
        void* block = std::malloc(static_cast<std::size_t>(size - slack));
        const bool in_heap = block != nullptr && !is_mapped(block);
        free_unnoticed(block);
        if (!in_heap) {
            break;
        }
        limit = size;
    }
    return limit;
}

std::int32_t bfl_malloc_kept(std::int64_t bytes, std::int32_t blocks) noexcept {
    constexpr std::int64_t least_bytes = 64 * 1024;  // the page in the middle must be the block's own
    constexpr std::int32_t most_blocks = 64;
    return bytes < least_bytes || blocks < 0 || blocks > most_blocks ? -EINVAL : kept(bytes, blocks);
}

std::int32_t bfl_malloc_trim() noexcept {
    return malloc_trim(0);
}
