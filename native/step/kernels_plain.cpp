// Compiled for every processor, and the choice of kernels.
#include <initializer_list>

#include "width.h"

const bfl::step::Kernels& bfl::step::plain_kernels() noexcept {
    static const Kernels table = BFL_KERNEL_TABLE("plain", true);
    return table;
}

const bfl::step::Kernels& bfl::step::kernels([[maybe_unused]] int most_lanes) noexcept {
#if defined(__x86_64__) && !defined(BFL_PLAIN_KERNELS)
    for (const Kernels* each : {&avx512_kernels(), &avx2_kernels()}) {
        if (each->supported && each->lanes <= most_lanes) {
            return *each;
        }
    }
#endif
    return plain_kernels();
}
