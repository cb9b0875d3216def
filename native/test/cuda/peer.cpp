// A process that shares device memory with the one that started it, and does what it is told, line by line. It answers each
// line with a number, negative for an error, or with a handle.

#include <cstdint>
#include <iostream>
#include <string>

#include "blazefl4j.h"
#include "handle_text.h"

int main() {
    std::int64_t memory = 0;
    std::string command;
    while (std::cin >> command) {
        std::int64_t answer = 0;
        std::int64_t offset = 0;
        std::int64_t value = 0;
        std::int8_t handle[BFL_CUDA_HANDLE_BYTES];
        if (command == "allocate") {
            std::cin >> value;
            memory = bfl_cuda_malloc(0, value);
            answer = memory < 0 ? memory : bfl_cuda_export(memory, handle);
            if (answer == 0) {
                std::cout << handle_text::of(handle) << std::endl;
                continue;
            }
        } else if (command == "open") {
            std::string text;
            std::cin >> text;
            handle_text::parse(text, handle);
            memory = bfl_cuda_open(0, handle);
            answer = memory < 0 ? memory : 0;
        } else if (command == "fill" || command == "fill-later") {
            std::cin >> offset >> value;
            answer = bfl_cuda_fill_async(memory + offset, static_cast<std::int32_t>(value), 1000, 0);
            if (command == "fill" && answer == 0) {
                answer = bfl_cuda_stream_finish(0);
            }
        } else if (command == "read") {
            std::cin >> offset;
            unsigned char byte;
            answer = bfl_cuda_copy_async(reinterpret_cast<std::intptr_t>(&byte), memory + offset, 1, 0);
            answer = answer < 0 ? answer : byte;
        } else if (command == "close") {
            answer = bfl_cuda_close(memory);
        } else {
            return 1;
        }
        std::cout << answer << std::endl;
    }
    return 0;
}
