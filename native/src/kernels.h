/* What loops that are compiled for several vector widths share. */
#pragma once

/* Inlined into a function that is compiled for a vector width, so that the compiler vectorises the loop for that width. */
#define BFL_INLINE __attribute__((always_inline)) inline

namespace bfl {

/**
 * Returns the kernels of the widest vectors that this processor has.
 *
 * @param table the kernels of all widths, widest first; the last ones run on every processor
 */
template <typename Kernels>
const Kernels& widest(const Kernels* table) noexcept {
    while (!table->supported) {
        ++table;
    }
    return *table;
}

}  // namespace bfl
