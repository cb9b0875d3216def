#include "loaded.h"

#include <gnu/libc-version.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include "blazefl4j.h"

const char* bfl_libc_version() noexcept {
    static const auto* const text = new std::string(std::string("glibc ") + gnu_get_libc_version());
    return text->c_str();
}

std::int32_t bfl_openmp_set_threads(std::int32_t threads) noexcept {
    if (threads < 1) {
        return -EINVAL;
    }
    auto* set = bfl::find_loaded<void(int)>("libgomp.so.1", "omp_set_num_threads");
    if (set == nullptr) {
        return -ENOENT;
    }
    set(threads);
    return 0;
}

const char* bfl_openblas_config() noexcept {
    auto* config = bfl::find_loaded<char*()>("libopenblas.so.0", "openblas_get_config");
    return config == nullptr ? "" : config();
}
