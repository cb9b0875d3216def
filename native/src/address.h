/* What every function of the ABI asks of the addresses and sizes it is given. */
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

/** Whether an object of type T can stand at this address. */
template <typename T>
bool usable(std::int64_t address) noexcept {
    return address != 0 && static_cast<std::uintptr_t>(address) % alignof(T) == 0;
}

}  // namespace bfl
