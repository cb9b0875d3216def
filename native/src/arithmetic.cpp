#include "arithmetic.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "address.h"
#include "blazefl4j.h"
#include "kernels.h"

namespace {

/** Checks after each block only, so that the compiler vectorises the loop. */
template <typename Bits>
BFL_INLINE bool finite(const Bits* x, std::int64_t elements, Bits exponent) {
    constexpr std::int64_t at_once = 1 << 12;
    for (std::int64_t start = 0; start < elements; start += at_once) {
        const std::int64_t end = std::min(start + at_once, elements);
        Bits found = 0;
        for (std::int64_t i = start; i < end; ++i) {
            found |= static_cast<Bits>((x[i] & exponent) == exponent);
        }
        if (found != 0) {
            return false;
        }
    }
    return true;
}

BFL_INLINE bool finite(std::int64_t x, std::int64_t elements, std::int32_t bytes, std::uint64_t exponent) {
    switch (bytes) {
        case 2: return finite(bfl::at<const std::uint16_t>(x), elements, static_cast<std::uint16_t>(exponent));
        case 4: return finite(bfl::at<const std::uint32_t>(x), elements, static_cast<std::uint32_t>(exponent));
        case 8: return finite(bfl::at<const std::uint64_t>(x), elements, exponent);
        default: return true;
    }
}

// The same loop for each width, vectorised by the compiler.
#define BFL_KERNEL(width, attributes)                                                                                   \
    attributes bool finite_##width(std::int64_t x, std::int64_t elements, std::int32_t bytes, std::uint64_t exponent) { \
        return finite(x, elements, bytes, exponent);                                                                    \
    }

BFL_KERNEL(sse2, )
BFL_KERNEL(avx2, __attribute__((target("avx2"))))
BFL_KERNEL(avx512, __attribute__((target("avx512f"))))

bool is_element(std::int64_t address, std::int32_t bytes) noexcept {
    switch (bytes) {
        case 2: return bfl::usable<std::uint16_t>(address);
        case 4: return bfl::usable<std::uint32_t>(address);
        case 8: return bfl::usable<std::uint64_t>(address);
        default: return false;
    }
}

}  // namespace

const bfl::Kernels* bfl::kernel_table() noexcept {
    static const Kernels table[kernel_widths] = {
        {"avx512f", __builtin_cpu_supports("avx512f") != 0, finite_avx512},
        {"avx2", __builtin_cpu_supports("avx2") != 0, finite_avx2},
        {"sse2", true, finite_sse2},
    };
    return table;
}

std::int32_t bfl_is_finite(std::int64_t x, std::int64_t elements, std::int32_t bytes,
                           std::int32_t exponent_bits) noexcept {
    if (elements < 0) {
        return -EINVAL;
    }
    if (elements == 0) {
        return 1;
    }
    if (!is_element(x, bytes) || exponent_bits < 1 || exponent_bits >= 8 * bytes) {
        return -EINVAL;
    }
    const std::uint64_t exponent = ((std::uint64_t{1} << exponent_bits) - 1) << (8 * bytes - 1 - exponent_bits);
    return bfl::widest(bfl::kernel_table()).finite(x, elements, bytes, exponent) ? 1 : 0;
}

std::int32_t bfl_pick_i64(std::int64_t from, std::int64_t elements, std::int64_t* positions, std::int32_t count) noexcept {
    if (elements < 0 || count < 0 || (elements > 0 && !bfl::usable<std::int64_t>(from)) ||
        (count > 0 && positions == nullptr)) {
        return -EINVAL;
    }
    std::int64_t* const end = positions + count;
    if (!std::all_of(positions, end, [&](std::int64_t position) { return position >= 0 && position < elements; })) {
        return -ERANGE;
    }
    const auto* values = bfl::at<const std::int64_t>(from);
    std::transform(positions, end, positions, [&](std::int64_t position) { return values[position]; });
    return 0;
}
