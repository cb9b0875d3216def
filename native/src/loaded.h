/* Functions of libraries that others have loaded. */
#pragma once

#include <dlfcn.h>

namespace bfl {

/** Returns a function of a loaded library, or null. */
template <typename Function>
Function* find_loaded(const char* library, const char* name) noexcept {
    void* handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) {
        return nullptr;
    }
    auto* function = reinterpret_cast<Function*>(dlsym(handle, name));
    dlclose(handle);  // releases the reference that RTLD_NOLOAD took
    return function;
}

}  // namespace bfl
