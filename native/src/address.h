/* Conversions and checks of the addresses that cross the ABI. */
#pragma once

#include <cstdint>

namespace bfl {

template <typename T>
T* at(std::int64_t address) noexcept {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

inline std::int64_t address_of(const void* pointer) noexcept {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

/** Returns whether an address can be that of an object of type T. */
template <typename T>
bool usable(std::int64_t address) noexcept {
    return address != 0 && static_cast<std::uintptr_t>(address) % alignof(T) == 0;
}

}  // namespace bfl
