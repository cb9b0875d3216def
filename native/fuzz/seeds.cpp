// Writes initial inputs for the fuzzers: seeds <folder>. Each fuzzer has a subfolder.

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "board_calls.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

void write(const std::string& folder, const std::string& fuzzer, const std::string& name, const Bytes& bytes) {
    mkdir((folder + "/" + fuzzer).c_str(), 0755);
    std::ofstream file(folder + "/" + fuzzer + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    EXPECT(file.good());
}

/** Writes a number as Input::argument reads it. */
std::uint8_t small(int number) {
    return static_cast<std::uint8_t>(0x80 | number);
}

/** An intact board without a shift. */
Bytes whole_board(std::int32_t workers, std::int32_t lanes) {
    const fuzz::Memory memory(static_cast<std::size_t>(bfl_board_bytes(workers, lanes, 64)));
    EXPECT(bfl_board_create(memory.address(), memory.bytes(), workers, lanes, 64, 0) == 0);
    Bytes bytes{0};
    bytes.insert(bytes.end(), memory.data(), memory.data() + memory.bytes());
    return bytes;
}

/** Sizes, then a job from deal to release, and one that is lost with its worker. */
Bytes two_jobs() {
    return {1,
            3,
            0,
            0,
            fuzz::deal,
            small(0),
            small(7),
            small(0),
            fuzz::announce,
            small(1),
            fuzz::claim,
            small(1),
            0,
            fuzz::areas,
            small(0),
            5,
            fuzz::commit,
            small(0),
            1,
            small(BFL_LANE_DONE),
            fuzz::await,
            small(0),
            0,
            fuzz::await_any,
            0,
            fuzz::release,
            small(0),
            fuzz::deal,
            small(1),
            small(7),
            small(1),
            fuzz::claim,
            small(0),
            0,
            fuzz::lose,
            small(0),
            fuzz::failure,
            fuzz::release,
            small(1),
            fuzz::shut_down};
}

/** Samples of 4 floats, flatten, 4 inputs to 3 outputs with biases; two rows, three images in one step. */
Bytes one_linear_layer() {
    return {small(1), small(2), small(2), 2,        BFL_LAYER_FLATTEN, small(0), small(0), small(0), small(0),
            small(0), BFL_LAYER_LINEAR,   small(4), small(3),          small(0), small(0), small(1), 0,
            1,        3,        1,        1,        1,                 2,        0,        1,        2};
}

}  // namespace

int main(int count, char** arguments) {
    EXPECT(count == 2);
    const std::string folder = arguments[1];
    write(folder, "board_open_fuzz", "one-lane", whole_board(1, 1));
    write(folder, "board_open_fuzz", "some-lanes", whole_board(3, 5));
    write(folder, "board_calls_fuzz", "two-jobs", two_jobs());
    write(folder, "board_sizes_fuzz", "one-lane", {small(1), small(1), 0, 1, small(0), 0, 4, 0});
    write(folder, "regions_fuzz", "add-retain-close", {0, 1, small(64), 2, 0, 0, 3, 0, 4, 0, 3, 0});
    write(folder, "handles_fuzz", "the-segment", {0, 0, 0, 16, small(9)});
    write(folder, "nets_fuzz", "linear", one_linear_layer());
    write(folder, "arguments_fuzz", "each", {0, 1, 2, 3, 4, 5});
    return 0;
}
