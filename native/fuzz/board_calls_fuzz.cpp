// Any calls in any order on a board that another process corrupts between them. Input: sizes, then calls.

#include "board_calls.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in(data, size);
    const std::int32_t workers = 1 + in.byte() % 8;
    const std::int32_t lanes = 1 + in.byte() % 40;
    const std::int32_t area_bytes = 64 * (1 + in.byte() % 4);
    const std::int32_t spins = in.byte() % 4;
    const fuzz::Memory memory(static_cast<std::size_t>(bfl_board_bytes(workers, lanes, area_bytes)));
    EXPECT(bfl_board_create(memory.address(), memory.bytes(), workers, lanes, area_bytes, spins) == 0);
    const std::int64_t handle = bfl_board_open(memory.address(), memory.bytes());
    EXPECT(handle > 0);
    fuzz::run_calls(handle, memory, in);
    bfl_board_close(handle);
    return 0;
}
