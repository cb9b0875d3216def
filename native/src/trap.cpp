#include <fcntl.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "address.h"
#include "bfl_board.h"

namespace {

struct sigaction previous {};  // the JVM's handler
std::int64_t board = 0;
std::int32_t worker = 0;

/** Reads /proc/self/maps with system calls only, as a signal handler must. */
class Mappings {
public:
    Mappings() : fd_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
    Mappings(const Mappings&) = delete;
    Mappings& operator=(const Mappings&) = delete;
    ~Mappings() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }

    /** Returns the next character, or 0 at the end. */
    char next() {
        if (at_ == size_) {
            const ssize_t got = fd_ < 0 ? 0 : read(fd_, buffer_, sizeof buffer_);
            size_ = got > 0 ? static_cast<int>(got) : 0;
            at_ = 0;
        }
        return at_ < size_ ? buffer_[at_++] : '\0';
    }

    /** Reads a number and the character after it. */
    std::uint64_t number(unsigned base) {
        std::uint64_t value = 0;
        for (char c = next(); c != '\0'; c = next()) {
            const unsigned digit = c >= 'a' ? static_cast<unsigned>(c - 'a') + 10 : static_cast<unsigned>(c - '0');
            if (digit >= base) {
                break;
            }
            value = value * base + digit;
        }
        return value;
    }

    void skip_to(char end) {
        for (char c = next(); c != end && c != '\0'; c = next()) {
        }
    }

    /** Reads to the end of the line. Returns whether it ends as those of files without a name do. */
    bool ends_deleted() {
        constexpr char suffix[] = " (deleted)";
        std::size_t matched = 0;
        for (char c = next(); c != '\n' && c != '\0'; c = next()) {
            matched = c == suffix[matched] ? matched + 1 : static_cast<std::size_t>(c == suffix[0]);
        }
        return suffix[matched] == '\0';
    }

private:
    const int fd_;
    int at_ = 0;
    int size_ = 0;
    char buffer_[512];
};

struct Place {
    std::uint64_t inode;  // 0: none
    std::uint64_t offset;
};

/** Returns the file position of an address in a segment or board: a shared read-only mapping of a file without a name. */
Place read_only_place(std::uint64_t address) {
    Mappings mappings;
    // begin-end rw-s offset device inode path
    for (std::uint64_t begin = mappings.number(16); begin != 0; begin = mappings.number(16)) {
        const std::uint64_t end = mappings.number(16);
        const bool readable = mappings.next() == 'r';
        const bool writable = mappings.next() == 'w';
        mappings.next();
        const bool shared = mappings.next() == 's';
        mappings.next();
        const std::uint64_t offset = mappings.number(16);
        mappings.skip_to(' ');
        const std::uint64_t inode = mappings.number(10);
        const bool unnamed = mappings.ends_deleted();
        if (address >= begin && address < end) {
            const bool ours = readable && !writable && shared && unnamed;
            return ours ? Place{inode, offset + (address - begin)} : Place{0, 0};
        }
    }
    return {0, 0};
}

/** The JVM's own faults are reads of its polling page (often) and writes beyond a stack (seldom). */
bool is_write([[maybe_unused]] const void* context) {
#if defined(__x86_64__)
    constexpr greg_t write = 2;
    return (static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & write) != 0;
#else
    return true;
#endif
}

void call_previous_handler(int signal, siginfo_t* info, void* context) {
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else {
        sigaction(signal, &previous, nullptr);  // the fault repeats
    }
}

void on_fault(int signal, siginfo_t* info, void* context) {
    if (info->si_code == SEGV_ACCERR && is_write(context)) {
        const int error = errno;
        const Place place = read_only_place(reinterpret_cast<std::uintptr_t>(info->si_addr));
        errno = error;
        if (place.inode != 0) {
            bfl_board_note_write(board, worker, static_cast<std::int64_t>(place.inode),
                                 static_cast<std::int64_t>(place.offset));
            _exit(128 + SIGSEGV);
        }
    }
    call_previous_handler(signal, info, context);
}

}  // namespace

std::int32_t bfl_board_trap_writes(std::int64_t handle, std::int32_t index) noexcept {
    board = handle;
    worker = index;
    struct sigaction action {};
    if (sigaction(SIGSEGV, nullptr, &action) != 0) {
        return -errno;
    }
    if (action.sa_sigaction == on_fault) {
        return 0;
    }
    previous = action;
    action.sa_sigaction = on_fault;
    action.sa_flags |= SA_SIGINFO;
    return sigaction(SIGSEGV, &action, nullptr) == 0 ? 0 : -errno;
}
