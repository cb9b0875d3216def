#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "blazefl4j.h"

namespace {

std::atomic<std::int32_t> wanted_parent{0};
static_assert(std::atomic<std::int32_t>::is_always_lock_free, "a signal handler reads it");

int handle(int signal, void (*handler)(int, siginfo_t*, void*)) noexcept {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    return sigaction(signal, &action, nullptr) == 0 ? 0 : -errno;
}

void end() {
    bfl_end_group(getpid());
    kill(getpid(), SIGKILL);
}

void end_if_orphan(int, siginfo_t* signal, void*) {
    // the kernel sends the signal for the parent, which may take long to end
    if (signal->si_pid == wanted_parent.load() || getppid() != wanted_parent.load()) {
        end();
    }
}

void ignore(int, siginfo_t*, void*) {}

}  // namespace

std::int32_t bfl_pid() noexcept {
    return getpid();
}

std::int32_t bfl_parent_pid() noexcept {
    return getppid();
}

std::int32_t bfl_end_with_parent(std::int32_t parent) noexcept {
    if (getpgrp() != getpid() && setpgid(0, 0) != 0) {
        return -errno;
    }
    wanted_parent.store(parent);
    // the only signal with a handler that a stopped process receives
    const int error = handle(SIGCONT, end_if_orphan);
    if (error != 0) {
        return error;
    }
    if (prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(SIGCONT)) != 0) {
        return -errno;
    }
    if (getppid() != parent) {
        end();  // the parent has ended already
    }
    return 0;
}

std::int32_t bfl_end_group(std::int32_t leader) noexcept {
    if (leader <= 1) {
        return -EINVAL;
    }
    return kill(-leader, SIGKILL) == 0 ? 0 : -errno;
}

std::int32_t bfl_ignore_signal(std::int32_t signal) noexcept {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) != 0) {
        return -errno;
    }
    return now.sa_handler == SIG_IGN ? 0 : handle(signal, ignore);
}
