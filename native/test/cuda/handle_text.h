/* Handles of device memory as text, for pipes between processes. */
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "blazefl4j.h"

namespace handle_text {

inline std::string of(const std::int8_t* handle) {
    std::string text;
    for (int i = 0; i < BFL_CUDA_HANDLE_BYTES; ++i) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<std::uint8_t>(handle[i])));
        text += digits;
    }
    return text;
}

inline void parse(const std::string& text, std::int8_t* handle) {
    for (std::size_t i = 0; i < BFL_CUDA_HANDLE_BYTES; ++i) {
        handle[i] = static_cast<std::int8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
    }
}

}  // namespace handle_text
