#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "blazefl4j.h"
#include "expect.h"

TEST(a_child_is_killed_with_its_parent) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            const bool set = bfl_parent_death_signal(SIGKILL) == 0 && bfl_parent_pid() != 1;
            EXPECT_EQ(write(ends[1], set ? "y" : "n", 1), 1);
            for (;;) {
                pause();
            }
        }
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    char set;
    EXPECT_EQ(read(ends[0], &set, 1), 1);
    EXPECT_EQ(set, 'y');
    EXPECT_EQ(kill(parent, SIGKILL), 0);
    EXPECT_EQ(waitpid(parent, nullptr, 0), parent);
    // The pipe ends when the last process that could write to it is gone.
    EXPECT_EQ(read(ends[0], &set, 1), 0);
    close(ends[0]);
}

TEST(a_death_signal_is_set_and_taken_back) {
    int signal = -1;
    EXPECT_EQ(bfl_parent_death_signal(SIGTERM), 0);
    EXPECT_EQ(prctl(PR_GET_PDEATHSIG, &signal), 0);
    EXPECT_EQ(signal, SIGTERM);
    EXPECT_EQ(bfl_parent_death_signal(0), 0);
    EXPECT_EQ(prctl(PR_GET_PDEATHSIG, &signal), 0);
    EXPECT_EQ(signal, 0);
}

TEST(an_ignored_signal_does_nothing) {
    EXPECT_EQ(bfl_ignore_signal(SIGUSR1), 0);
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT_EQ(bfl_ignore_signal(SIGKILL), -EINVAL);
    EXPECT_EQ(bfl_ignore_signal(-1), -EINVAL);
}

TEST(processes_are_named) {
    EXPECT_EQ(bfl_pid(), getpid());
    EXPECT_EQ(bfl_parent_pid(), getppid());
}

TEST(wrong_arguments_are_refused) {
    EXPECT_EQ(bfl_parent_death_signal(-1), -EINVAL);
    EXPECT_EQ(bfl_parent_death_signal(1000), -EINVAL);
}
