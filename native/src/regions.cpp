#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "blazefl4j.h"
#include "address.h"

namespace {

constexpr std::int64_t most_slots = 1 << 20;

using FreeFunction = std::int32_t (*)(std::int64_t address);

struct Region {
    std::int64_t number;
    std::int64_t begin;
    std::int64_t bytes;
    std::int64_t slot_bytes;
    FreeFunction free;                     // null: unmaps
    std::vector<std::int64_t> references;  // by slot
    std::int64_t total = 0;
    bool closed = false;

    bool holds(std::int64_t address) const { return address >= begin && address - begin < bytes; }

    std::int64_t& references_at(std::int64_t address) {
        return references[static_cast<std::size_t>((address - begin) / slot_bytes)];
    }
};

/** All mappings that may contain tensors. */
class Registry {
public:
    std::int64_t add(std::int64_t begin, std::int64_t bytes, std::int64_t slot_bytes, FreeFunction free) {
        const auto slots = static_cast<std::size_t>((bytes - 1) / slot_bytes + 1);
        std::vector<std::int64_t> references(slots);
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto next = by_address_.lower_bound(begin);
        const bool overlaps = at(begin) != nullptr || (next != by_address_.end() && next->first < begin + bytes);
        if (overlaps) {
            return -EEXIST;
        }
        const std::int64_t number = ++last_number_;
        auto region = std::make_shared<Region>(Region{number, begin, bytes, slot_bytes, free, std::move(references)});
        by_address_.emplace_hint(next, begin, region);
        by_number_.emplace(number, std::move(region));
        return number;
    }

    std::int32_t retain(std::int64_t number, std::int64_t address) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = by_number_.find(number);
        if (found == by_number_.end() || found->second->closed || !found->second->holds(address)) {
            return -ENOENT;
        }
        ++found->second->references_at(address);
        ++found->second->total;
        return 0;
    }

    void release(std::int64_t address) {
        std::shared_ptr<Region> done;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            const auto region = at(address);
            if (region == nullptr || region->references_at(address) == 0) {
                return;
            }
            --region->references_at(address);
            --region->total;
            done = removed_if_done(region);
        }
        free(done);
    }

    std::int64_t references(std::int64_t number, std::int64_t slot) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (number <= 0 || number > last_number_ || slot < 0) {
            return -EINVAL;
        }
        const auto found = by_number_.find(number);
        if (found == by_number_.end()) {
            return 0;
        }
        const auto& references = found->second->references;
        const auto index = static_cast<std::size_t>(slot);
        return index < references.size() ? references[index] : -EINVAL;
    }

    std::int64_t close(std::int64_t number) {
        std::shared_ptr<Region> done;
        std::int64_t left;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            const auto found = by_number_.find(number);
            if (found == by_number_.end() || found->second->closed) {
                return -ENOENT;
            }
            const auto region = found->second;
            region->closed = true;
            left = region->total;
            done = removed_if_done(region);
        }
        free(done);
        return left;
    }

    std::int64_t count() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return static_cast<std::int64_t>(by_number_.size());
    }

private:
    std::shared_ptr<Region> at(std::int64_t address) const {
        const auto after = by_address_.upper_bound(address);
        if (after == by_address_.begin()) {
            return nullptr;
        }
        const auto& before = std::prev(after)->second;
        return before->holds(address) ? before : nullptr;
    }

    /** Removes a region that is closed and unused, and returns it; null if it must stay. */
    std::shared_ptr<Region> removed_if_done(const std::shared_ptr<Region>& region) {
        if (!region->closed || region->total > 0) {
            return nullptr;
        }
        by_address_.erase(region->begin);
        by_number_.erase(region->number);
        return region;
    }

    /** Not under the lock: unmapping a large region takes milliseconds, and a device may have work to end. */
    static void free(const std::shared_ptr<Region>& region) {
        if (region == nullptr) {
            return;
        }
        if (region->free != nullptr) {
            region->free(region->begin);
        } else {
            munmap(bfl::at<void>(region->begin), static_cast<std::size_t>(region->bytes));
        }
    }

    std::mutex mutex_;
    std::int64_t last_number_ = 0;
    std::map<std::int64_t, std::shared_ptr<Region>> by_address_;
    std::unordered_map<std::int64_t, std::shared_ptr<Region>> by_number_;
};

/** Never destroyed, because LibTorch may free storages while the process exits. */
Registry& registry() {
    static auto* const instance = new Registry;
    return *instance;
}

void release(void* data) {
    registry().release(bfl::address_of(data));
}

/** JavaCPP's layout of a function object. LibTorch gets only the function. */
struct FunctionObject {
    void (*function)(void*);
    void* object;
};

std::int64_t add(std::int64_t address, std::int64_t bytes, std::int64_t slot_bytes, FreeFunction free) noexcept {
    const bool possible = address > 0 && bytes > 0 && bytes <= INT64_MAX - address && slot_bytes > 0;
    if (!possible || (bytes - 1) / slot_bytes >= most_slots) {
        return -EINVAL;
    }
    try {
        return registry().add(address, bytes, slot_bytes, free);
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
}

}  // namespace

std::int64_t bfl_region_add(std::int64_t address, std::int64_t bytes, std::int64_t slot_bytes) noexcept {
    return add(address, bytes, slot_bytes, nullptr);
}

std::int64_t bfl_region_add_with(std::int64_t address, std::int64_t bytes, std::int64_t slot_bytes,
                                 std::int64_t free) noexcept {
    return free > 0 ? add(address, bytes, slot_bytes, reinterpret_cast<FreeFunction>(free)) : -EINVAL;
}

std::int32_t bfl_region_retain(std::int64_t region, std::int64_t address) noexcept {
    return registry().retain(region, address);
}

std::int64_t bfl_region_references(std::int64_t region, std::int64_t slot) noexcept {
    return registry().references(region, slot);
}

std::int64_t bfl_region_close(std::int64_t region) noexcept {
    return registry().close(region);
}

std::int64_t bfl_region_deleter() noexcept {
    static FunctionObject deleter{release, nullptr};
    return bfl::address_of(&deleter);
}

std::int64_t bfl_region_count() noexcept {
    return registry().count();
}
