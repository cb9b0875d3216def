// Any sequence of calls of the region registry. Input: calls.

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "blazefl4j.h"
#include "input.h"

namespace {

constexpr std::int64_t page = 4096;

struct Mapping {
    std::int64_t number;
    std::int64_t address;
    std::int64_t bytes;
    std::int64_t slot_bytes;
};

struct Retained {
    std::int64_t number;
    std::int64_t address;
};

void delete_storage(std::int64_t data) {
    struct FunctionObject {
        void (*function)(void*);
        void* object;
    };
    bfl::at<FunctionObject>(bfl_region_deleter())->function(bfl::at<void>(data));
}

class Regions {
public:
    /** Releases everything and checks that nothing is left. */
    ~Regions() {
        for (const Retained& each : retained_) {
            delete_storage(each.address);
        }
        for (const Mapping& each : open_) {
            EXPECT(bfl_region_close(each.number) == 0);
        }
        EXPECT(bfl_region_count() == 0);
    }

    void call(fuzz::Input& in) {
        switch (in.byte() % 7) {
            case 0: add(in); break;
            case 1: add_nonsense(in); break;
            case 2: retain(in); break;
            case 3: release(in); break;
            case 4: close(in); break;
            case 5: references(in); break;
            default: unknown(in); break;
        }
    }

private:
    void add(fuzz::Input& in) {
        const std::int64_t bytes = page * (1 + in.byte() % 8);
        void* mapped = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT(mapped != MAP_FAILED);
        const Mapping made{0, bfl::address_of(mapped), bytes, in.argument<std::int64_t>()};
        const std::int64_t number = bfl_region_add(made.address, made.bytes, made.slot_bytes);
        EXPECT((number > 0) == (made.slot_bytes > 0));
        if (number <= 0) {
            EXPECT(number == -EINVAL);
            munmap(mapped, static_cast<std::size_t>(bytes));
            return;
        }
        EXPECT(open_.empty() || number > open_.back().number);
        open_.push_back({number, made.address, made.bytes, made.slot_bytes});
    }

    /** Adds invalid or overlapping mappings, or too many slots. */
    void add_nonsense(fuzz::Input& in) {
        const auto address = in.argument<std::int64_t>();
        const auto bytes = in.argument<std::int64_t>();
        EXPECT(bfl_region_add(std::min<std::int64_t>(address, 0), bytes, 1) == -EINVAL);
        if (!open_.empty()) {
            const Mapping& one = open_[in.byte() % open_.size()];
            EXPECT(bfl_region_add(one.address, std::min<std::int64_t>(bytes, 0), 1) == -EINVAL);
            EXPECT(bfl_region_add(one.address, std::numeric_limits<std::int64_t>::max(), page) == -EINVAL);
            EXPECT(bfl_region_add(one.address, std::int64_t{1} << 45, 1) == -EINVAL);
            EXPECT(bfl_region_add(one.address + in.integer<std::uint16_t>() % one.bytes, page, page) == -EEXIST);
            EXPECT(bfl_region_add(one.address - 1, 2, page) == -EEXIST);
        }
    }

    void retain(fuzz::Input& in) {
        if (open_.empty()) {
            return;
        }
        const Mapping& one = open_[in.byte() % open_.size()];
        const auto offset = in.byte() & 1 ? in.argument<std::int64_t>() : in.integer<std::uint16_t>();
        if (offset > std::numeric_limits<std::int64_t>::max() - one.address) {
            return;
        }
        const std::int64_t address = one.address + offset;
        const bool inside = offset >= 0 && offset < one.bytes;
        EXPECT(bfl_region_retain(one.number, address) == (inside ? 0 : -ENOENT));
        if (inside) {
            retained_.push_back({one.number, address});
            EXPECT(bfl_region_references(one.number, offset / one.slot_bytes) > 0);
        }
    }

    void release(fuzz::Input& in) {
        if (!retained_.empty()) {
            const auto one = retained_.begin() + in.byte() % static_cast<std::ptrdiff_t>(retained_.size());
            delete_storage(one->address);
            retained_.erase(one);
        }
    }

    void close(fuzz::Input& in) {
        if (open_.empty()) {
            return;
        }
        const auto one = open_.begin() + in.byte() % static_cast<std::ptrdiff_t>(open_.size());
        const auto left = std::count_if(retained_.begin(), retained_.end(),
                                        [&](const Retained& each) { return each.number == one->number; });
        EXPECT(bfl_region_close(one->number) == left);
        EXPECT(bfl_region_close(one->number) == -ENOENT);
        EXPECT(bfl_region_retain(one->number, one->address) == -ENOENT);
        open_.erase(one);
    }

    void references(fuzz::Input& in) {
        const std::int64_t number = open_.empty() ? 0 : open_[in.byte() % open_.size()].number;
        const std::int64_t count = bfl_region_references(number, in.argument<std::int64_t>());
        EXPECT(count == -EINVAL || (count >= 0 && count <= static_cast<std::int64_t>(retained_.size())));
    }

    /** Uses numbers and addresses that were never returned. */
    void unknown(fuzz::Input& in) {
        const std::int64_t number = open_.empty() ? 0 : open_.back().number;
        const auto never = std::max(in.argument<std::int64_t>(), number + 1);
        EXPECT(bfl_region_close(never) == -ENOENT);
        EXPECT(bfl_region_retain(-never, in.argument<std::int64_t>()) == -ENOENT);
        EXPECT(bfl_region_references(-never, 0) == -EINVAL);
        delete_storage(in.argument<std::int64_t>() & 0xff);
    }

    std::vector<Mapping> open_;
    std::vector<Retained> retained_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input in(data, size);
    Regions regions;
    for (int i = 0; i < 200 && !in.empty(); i++) {
        regions.call(in);
    }
    return 0;
}
