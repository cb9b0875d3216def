#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "blazefl4j.h"

std::int32_t bfl_pid() noexcept {
    return getpid();
}

std::int32_t bfl_parent_pid() noexcept {
    return getppid();
}

std::int32_t bfl_parent_death_signal(std::int32_t signal) noexcept {
    if (signal < 0) {
        return -EINVAL;
    }
    return prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(signal)) == 0 ? 0 : -errno;
}

std::int32_t bfl_ignore_signal(std::int32_t signal) noexcept {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    return sigaction(signal, &ignore, nullptr) == 0 ? 0 : -errno;
}
