#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "blazefl4j.h"
#include "expect.h"

namespace {

/** Returns once all writers of the pipe are gone. */
void expect_end(int pipe) {
    char more;
    EXPECT_EQ(read(pipe, &more, 1), 0);
}

}  // namespace

/** A child whose parent stops it, if asked to, and is killed. */
void end_group_of_a_killed_parent(bool stopped) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            const bool set = bfl_end_with_parent(getppid()) == 0 && getpgrp() == getpid();
            if (fork() > 0) {
                EXPECT_EQ(write(ends[1], set ? "y" : "n", 1), 1);
                if (stopped) {
                    raise(SIGSTOP);
                }
            }
            for (;;) {
                pause();
            }
        }
        int status;
        waitpid(child, &status, WUNTRACED);
        EXPECT_EQ(write(ends[1], WIFSTOPPED(status) ? "s" : "e", 1), 1);
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    char set;
    EXPECT_EQ(read(ends[0], &set, 1), 1);
    EXPECT_EQ(set, 'y');
    if (stopped) {
        EXPECT_EQ(read(ends[0], &set, 1), 1);
        EXPECT_EQ(set, 's');
    }
    EXPECT_EQ(kill(parent, SIGKILL), 0);
    EXPECT_EQ(waitpid(parent, nullptr, 0), parent);
    expect_end(ends[0]);
    close(ends[0]);
}

TEST(a_child_is_killed_with_its_parent_and_what_it_started_too) {
    end_group_of_a_killed_parent(false);
}

TEST(a_stopped_child_is_killed_with_its_parent) {
    end_group_of_a_killed_parent(true);
}

TEST(a_child_goes_on_when_it_is_continued) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        EXPECT_EQ(bfl_end_with_parent(getppid()), 0);
        EXPECT_EQ(raise(SIGCONT), 0);
        EXPECT_EQ(write(ends[1], "y", 1), 1);
        _exit(0);
    }
    char went_on;
    EXPECT_EQ(read(ends[0], &went_on, 1), 1);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    close(ends[0]);
    close(ends[1]);
}

TEST(a_group_is_killed) {
    const pid_t child = fork();
    if (child == 0) {
        for (;;) {
            pause();
        }
    }
    EXPECT_EQ(bfl_end_group(child), -ESRCH);
    EXPECT_EQ(setpgid(child, child), 0);
    EXPECT_EQ(bfl_end_group(child), 0);
    int status;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    EXPECT_EQ(bfl_end_group(1), -EINVAL);
    EXPECT_EQ(bfl_end_group(0), -EINVAL);
    EXPECT_EQ(bfl_end_group(-1), -EINVAL);
}

TEST(an_ignored_signal_does_nothing) {
    EXPECT_EQ(bfl_ignore_signal(SIGUSR1), 0);
    EXPECT_EQ(raise(SIGUSR1), 0);
    struct sigaction now {};
    EXPECT_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
    EXPECT_EQ(now.sa_handler == SIG_IGN, false);  // started programs would inherit SIG_IGN
    now.sa_handler = SIG_IGN;
    EXPECT_EQ(sigaction(SIGUSR1, &now, nullptr), 0);
    EXPECT_EQ(bfl_ignore_signal(SIGUSR1), 0);
    EXPECT_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
    EXPECT_EQ(now.sa_handler == SIG_IGN, true);
    EXPECT_EQ(bfl_ignore_signal(SIGKILL), -EINVAL);
    EXPECT_EQ(bfl_ignore_signal(-1), -EINVAL);
}

TEST(processes_are_named) {
    EXPECT_EQ(bfl_pid(), getpid());
    EXPECT_EQ(bfl_parent_pid(), getppid());
}
