#include "errors.h"

#include <cstring>

#include "blazefl4j.h"

const char* bfl_error_text(std::int32_t error) noexcept {
    if (error >= bfl::first_cuda_error) {
        return bfl::cuda_error_text(error - bfl::first_cuda_error);
    }
    thread_local char text[128];
    return strerror_r(error, text, sizeof text);  // GNU version: may return a constant instead
}
