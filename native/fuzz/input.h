/* What all fuzzers need: an input read piece by piece, memory of an exact length, and expectations. */
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "address.h"

namespace fuzz {

/** Reads the fuzzer's bytes in order, then zeros. */
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    bool empty() const { return left_ == 0; }
    std::size_t left() const { return left_; }
    const std::uint8_t* rest() const { return data_; }

    std::uint8_t byte() { return integer<std::uint8_t>(); }

    template <typename T>
    T integer() {
        T value{};
        const std::size_t bytes = left_ < sizeof value ? left_ : sizeof value;
        if (bytes > 0) {
            std::memcpy(&value, data_, bytes);
        }
        data_ += bytes;
        left_ -= bytes;
        return value;
    }

    /** Returns a number that is often small, often extreme, and sometimes arbitrary. */
    template <typename T>
    T argument() {
        const std::uint8_t choice = byte();
        switch (choice >> 5) {
            case 0: return std::numeric_limits<T>::min();
            case 1: return std::numeric_limits<T>::max();
            case 2: return integer<T>();
            case 3: return static_cast<T>(-1 - (choice & 0x1f));
            default: return static_cast<T>(choice & 0x7f);
        }
    }

private:
    const std::uint8_t* data_;
    std::size_t left_;
};

/** Memory for which AddressSanitizer detects overruns. Begins `shift` bytes after a multiple of 64. */
class Memory {
public:
    explicit Memory(std::size_t bytes, std::size_t shift = 0) : bytes_(bytes), shift_(shift) {
        if (posix_memalign(&block_, 64, bytes + shift) != 0) {
            std::abort();
        }
        std::memset(block_, 0, bytes + shift);
    }
    ~Memory() { std::free(block_); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    std::uint8_t* data() const { return static_cast<std::uint8_t*>(block_) + shift_; }
    std::int64_t address() const { return bfl::address_of(data()); }
    std::int64_t bytes() const { return static_cast<std::int64_t>(bytes_); }
    bool holds(std::int64_t address, std::int64_t length) const {
        return address >= this->address() && length >= 0 && length <= bytes() - (address - this->address());
    }

private:
    void* block_ = nullptr;
    std::size_t bytes_;
    std::size_t shift_;
};

}  // namespace fuzz

#define EXPECT(condition)                                                              \
    do {                                                                               \
        if (!(condition)) {                                                            \
            std::fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                              \
        }                                                                              \
    } while (false)
