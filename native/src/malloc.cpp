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
constexpr std::int64_t largest_threshold = 32 * mib;  // glibc's limit

/**
 * Returns whether a block has its own mapping. glibc's blocks are multiples of 16 bytes; overhead is 8 bytes in the heap
 * and 16 in a mapping.
 */
bool is_mapped(void* block) {
    return malloc_usable_size(block) % 16 == 0;
}

/**
 * Frees a block without side effects. Freeing a mapped block below the largest threshold raises glibc's threshold, which
 * would change what is measured. So a mapped block is enlarged first.
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

/** Allocates `left` blocks recursively and frees them in reverse order. Returns how many stayed resident. */
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
    constexpr std::int64_t slack = 64 * 1024;  // room for the block's header
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
    constexpr std::int64_t least_bytes = 64 * 1024;  // so that the page in the middle belongs to the block alone
    constexpr std::int32_t most_blocks = 64;
    return bytes < least_bytes || blocks < 0 || blocks > most_blocks ? -EINVAL : kept(bytes, blocks);
}

std::int32_t bfl_malloc_trim() noexcept {
    return malloc_trim(0);
}
