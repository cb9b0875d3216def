// Creates boards of any sizes in memory of any length. Input: sizes, the length.

#include "board_calls.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in(data, size);
    const auto workers = in.argument<std::int32_t>();
    const auto lanes = in.argument<std::int32_t>();
    const std::int32_t area_bytes = in.byte() & 1 ? in.argument<std::int32_t>() : 64 * (in.byte() % 4);
    const auto spins = in.argument<std::int32_t>();
    const std::int64_t needed = bfl_board_bytes(workers, lanes, area_bytes);
    EXPECT(needed == -EINVAL || needed > 0);
    const fuzz::Memory memory(in.integer<std::uint16_t>(), in.byte() & 1 ? in.byte() % 64 : 0);
    const std::int32_t made = bfl_board_create(memory.address(), memory.bytes(), workers, lanes, area_bytes, spins);
    EXPECT(made == 0 || made == -EINVAL);
    EXPECT(made != 0 || (needed > 0 && needed <= memory.bytes()));
    const std::int64_t handle = bfl_board_open(memory.address(), memory.bytes());
    EXPECT((handle > 0) == (made == 0));
    if (handle > 0) {
        fuzz::run_calls(handle, memory, in);
        bfl_board_close(handle);
    }
    return 0;
}
