#include <cfloat>
#include <string>

#include "blazefl4j.h"

namespace {

std::string features() {
    std::string text;
    // The builtin takes literals only.
#define BFL_FEATURE(name)                \
    if (__builtin_cpu_supports(name)) {  \
        text += text.empty() ? "" : " "; \
        text += name;                    \
    }
    BFL_FEATURE("sse4.2")
    BFL_FEATURE("avx")
    BFL_FEATURE("avx2")
    BFL_FEATURE("fma")
    BFL_FEATURE("avx512f")
    BFL_FEATURE("avx512bw")
    BFL_FEATURE("avx512vl")
    BFL_FEATURE("avx512dq")
    BFL_FEATURE("avx512vnni")
    BFL_FEATURE("avx512bf16")
#undef BFL_FEATURE
    return text;
}

}  // namespace

const char* bfl_cpu_features() noexcept {
    static const auto* const text = new std::string(features());
    return text->c_str();
}

std::int32_t bfl_flushes_denormals() noexcept {
    const volatile float smallest = FLT_MIN;
    const volatile float denormal = smallest / 2;
    return denormal == 0 ? 1 : 0;
}
