// Opens a board in corrupted memory: any bytes, any length, any alignment. Input: the shift, the bytes.

#include "board_calls.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in(data, size);
    const std::size_t shift = in.byte() % 64;
    const fuzz::Memory memory(in.left(), shift);
    if (in.left() > 0) {
        std::memcpy(memory.data(), in.rest(), in.left());
    }
    const std::int64_t handle = bfl_board_open(memory.address(), memory.bytes());
    if (handle < 0) {
        EXPECT(handle == -EPROTO);
        return 0;
    }
    fuzz::run_calls(handle, memory, in);
    bfl_board_close(handle);
    return 0;
}
