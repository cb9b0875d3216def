#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include "address.h"
#include "bfl_board.h"
#include "expect.h"

// bfl_board.h lists the invariants I1 to I12.

namespace {

constexpr std::int32_t workers = 3;
constexpr std::int32_t lanes = 8;
constexpr std::int32_t area_bytes = 256;
constexpr std::int32_t patience_millis = 10000;

/** A board in memory that child processes share. */
class SharedBoard {
public:
    SharedBoard() {
        void* mapped = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        EXPECT(mapped != MAP_FAILED);
        address = bfl::address_of(mapped);
        EXPECT_EQ(bfl_board_create(address, bytes_, workers, lanes, area_bytes, 0), 0);
        handle = bfl_board_open(address, static_cast<std::int64_t>(bytes_));
        EXPECT(handle > 0);
    }
    ~SharedBoard() {
        bfl_board_close(handle);
        munmap(bfl::at<void>(address), bytes_);
    }
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;

    int state(std::int32_t lane) const {
        return static_cast<int>(bfl_board_word(handle, lane) & 0xff);
    }

    std::int64_t address;
    std::int64_t handle;

private:
    const std::size_t bytes_ = static_cast<std::size_t>(bfl_board_bytes(workers, lanes, area_bytes));
};

std::int64_t claim(const SharedBoard& board, std::int32_t worker) {
    const std::int32_t lane = bfl_board_claim(board.handle, worker, patience_millis);
    EXPECT(lane >= 0);
    return bfl_board_word(board.handle, lane);
}

constexpr int jobs = 20000;

void deal(const SharedBoard& board, std::int32_t lane, int job) {
    *bfl::at<int>(bfl_board_job_area(board.handle, lane)) = job;
    EXPECT_EQ(bfl_board_deal(board.handle, lane, 0, 0), 0);
    bfl_board_announce(board.handle, 1);
}

// Starts workers that return twice the number of each job.
std::vector<std::thread> doubling(const SharedBoard& board) {
    std::vector<std::thread> threads;
    for (std::int32_t worker = 0; worker < workers; worker++) {
        threads.emplace_back([&board, worker] {
            std::int32_t lane = bfl_board_claim(board.handle, worker, patience_millis);
            while (lane >= 0) {
                const std::int64_t claimed = bfl_board_word(board.handle, lane);
                *bfl::at<int>(bfl_board_result_area(board.handle, lane)) =
                    2 * *bfl::at<int>(bfl_board_job_area(board.handle, lane));
                EXPECT_EQ(bfl_board_commit(board.handle, lane, claimed, BFL_LANE_DONE), 0);
                lane = bfl_board_claim(board.handle, worker, patience_millis);
            }
            EXPECT_EQ(lane, -ESHUTDOWN);
        });
    }
    return threads;
}

void shut_down(const SharedBoard& board, std::vector<std::thread>& threads) {
    bfl_board_shut_down(board.handle);
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace

TEST(a_board_knows_its_sizes_and_its_areas_do_not_overlap) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_workers(board.handle), workers);
    EXPECT_EQ(bfl_board_lanes(board.handle), lanes);
    std::vector<std::int64_t> workers_areas;
    std::vector<std::int64_t> parents_areas{bfl_board_setup_area(board.handle), bfl_board_round_area(board.handle)};
    for (std::int32_t worker = 0; worker < workers; worker++) {
        workers_areas.push_back(bfl_board_worker_area(board.handle, worker));
    }
    for (std::int32_t lane = 0; lane < lanes; lane++) {
        workers_areas.push_back(bfl_board_result_area(board.handle, lane));
        parents_areas.push_back(bfl_board_job_area(board.handle, lane));
    }
    for (const auto* areas : {&workers_areas, &parents_areas}) {
        for (std::size_t i = 0; i < areas->size(); i++) {
            std::memset(bfl::at<void>((*areas)[i]), 0x5a, area_bytes);
            EXPECT_EQ((*areas)[i] - areas->front(), static_cast<std::int64_t>(i) * area_bytes);
        }
    }
    EXPECT(workers_areas.back() + area_bytes <= parents_areas.front());
    EXPECT_EQ(parents_areas.front() % 4096, 0);
    EXPECT_EQ(parents_areas.back() + area_bytes - board.address, bfl_board_bytes(workers, lanes, area_bytes));
    for (std::int32_t lane = 0; lane < lanes; lane++) {
        EXPECT_EQ(board.state(lane), BFL_LANE_FREE);
    }
}

TEST(what_is_no_board_is_refused) {
    const std::int64_t bytes = bfl_board_bytes(workers, lanes, area_bytes);
    const SharedBoard board;
    EXPECT_EQ(bfl_board_open(board.address, bytes - 1), -EPROTO);
    EXPECT_EQ(bfl_board_open(board.address, 8), -EPROTO);
    EXPECT_EQ(bfl_board_open(0, bytes), -EPROTO);
    *bfl::at<unsigned char>(board.address) ^= 1;
    EXPECT_EQ(bfl_board_open(board.address, bytes), -EPROTO);
    EXPECT_EQ(bfl_board_open(board.address + 8, bytes), -EPROTO);
    EXPECT_EQ(bfl_board_bytes(0, lanes, area_bytes), -EINVAL);
    EXPECT_EQ(bfl_board_bytes(workers, 0, area_bytes), -EINVAL);
    EXPECT_EQ(bfl_board_bytes(workers, lanes, 100), -EINVAL);
    EXPECT_EQ(bfl_board_create(board.address, bytes, workers, lanes, area_bytes, INT32_MAX), -EINVAL);
}

// I12
TEST(no_address_comes_of_what_is_written_to_a_board) {
    const SharedBoard board;
    const std::int64_t last = bfl_board_result_area(board.handle, lanes - 1);
    const std::int64_t ahead = bfl_board_worker_area(board.handle, 0) - board.address;
    std::memset(bfl::at<void>(board.address), 0xff, static_cast<std::size_t>(ahead));
    EXPECT_EQ(bfl_board_workers(board.handle), workers);
    EXPECT_EQ(bfl_board_lanes(board.handle), lanes);
    EXPECT_EQ(bfl_board_area_bytes(board.handle), area_bytes);
    EXPECT_EQ(bfl_board_result_area(board.handle, lanes - 1), last);
    EXPECT_EQ(bfl_board_result_area(board.handle, lanes), -EINVAL);
    EXPECT_EQ(bfl_board_failure(board.handle), -ENOENT);
    EXPECT_EQ(bfl_board_await_any(board.handle, 0), -ENOENT);
    EXPECT_EQ(bfl_board_claim(board.handle, 0, 0), -ESHUTDOWN);
    EXPECT_EQ(bfl_board_worker_status(board.handle, 0), -EPROTO);
    EXPECT(bfl_board_beats(board.handle, 0) >= 0);
}

// I1, I4, I5
TEST(a_lane_goes_round_and_no_step_can_be_left_out) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_release(board.handle, 2), -EBUSY);
    EXPECT_EQ(bfl_board_deal(board.handle, 2, 7, 1), 0);
    EXPECT_EQ(bfl_board_deal(board.handle, 2, 7, 1), -EBUSY);
    const std::int64_t claimed = claim(board, 1);
    EXPECT_EQ(claimed, (std::int64_t{7} << 32 | 1 << 24 | 1 << 8 | BFL_LANE_CLAIMED));
    EXPECT_EQ(bfl_board_release(board.handle, 2), -EBUSY);
    EXPECT_EQ(bfl_board_commit(board.handle, 2, claimed, BFL_LANE_READY), -EINVAL);
    EXPECT_EQ(bfl_board_commit(board.handle, 2, claimed, BFL_LANE_DONE), 0);
    EXPECT_EQ(bfl_board_commit(board.handle, 2, claimed, BFL_LANE_DONE), -ESTALE);
    EXPECT_EQ(bfl_board_await(board.handle, 2, 0), BFL_LANE_DONE);
    EXPECT_EQ(bfl_board_release(board.handle, 2), 0);
    EXPECT_EQ(board.state(2), BFL_LANE_FREE);
}

// I4, I6
TEST(a_late_worker_cannot_commit_a_later_attempt) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_deal(board.handle, 0, 3, 0), 0);
    const std::int64_t first = claim(board, 0);
    EXPECT_EQ(bfl_board_lose(board.handle, 1), 0);
    EXPECT_EQ(board.state(0), BFL_LANE_CLAIMED);
    EXPECT_EQ(bfl_board_lose(board.handle, 0), 1);
    EXPECT_EQ(bfl_board_failure(board.handle), 0);
    EXPECT_EQ(bfl_board_release(board.handle, 0), 0);
    EXPECT_EQ(bfl_board_failure(board.handle), -ENOENT);
    EXPECT_EQ(bfl_board_deal(board.handle, 0, 3, 1), 0);
    const std::int64_t second = claim(board, 0);
    EXPECT_EQ(bfl_board_commit(board.handle, 0, first, BFL_LANE_DONE), -ESTALE);
    EXPECT_EQ(bfl_board_commit(board.handle, 0, second, BFL_LANE_DONE), 0);
}

// I6
TEST(a_job_that_failed_is_tried_again_in_its_lane) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_deal(board.handle, 5, 3, 0), 0);
    const std::int64_t first = claim(board, 1);
    EXPECT_EQ(bfl_board_commit(board.handle, 5, first, BFL_LANE_FAILED), 0);
    EXPECT_EQ(bfl_board_deal(board.handle, 5, 3, 1), -EBUSY);
    EXPECT_EQ(bfl_board_release(board.handle, 5), 0);
    EXPECT_EQ(bfl_board_deal(board.handle, 5, 3, 1), 0);
    const std::int64_t second = claim(board, 1);
    EXPECT_EQ(second, first + (std::int64_t{1} << 24));
    EXPECT_EQ(bfl_board_commit(board.handle, 5, second, BFL_LANE_DONE), 0);
}

// I7
TEST(jobs_are_claimed_from_the_head_on) {
    const SharedBoard board;
    for (const std::int32_t lane : {0, 1, 6, 7}) {
        EXPECT_EQ(bfl_board_deal(board.handle, lane, 0, 0), 0);
    }
    EXPECT_EQ(bfl_board_set_head(board.handle, 6), 0);
    for (const std::int32_t expected : {6, 7, 0, 1}) {
        EXPECT_EQ(bfl_board_claim(board.handle, 0, 0), expected);
    }
    EXPECT_EQ(bfl_board_claim(board.handle, 0, 1), -EAGAIN);
}

// I1
TEST(a_job_that_nobody_claimed_can_be_revoked) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_deal(board.handle, 4, 0, 0), 0);
    EXPECT_EQ(bfl_board_release(board.handle, 4), 0);
    EXPECT_EQ(bfl_board_claim(board.handle, 0, 0), -EAGAIN);
}

TEST(numbers_out_of_range_are_refused) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_deal(board.handle, lanes, 0, 0), -EINVAL);
    EXPECT_EQ(bfl_board_deal(board.handle, 0, -1, 0), -EINVAL);
    EXPECT_EQ(bfl_board_deal(board.handle, 0, 0, 256), -EINVAL);
    EXPECT_EQ(bfl_board_claim(board.handle, workers, 0), -EINVAL);
    EXPECT_EQ(bfl_board_commit(board.handle, -1, BFL_LANE_CLAIMED, BFL_LANE_DONE), -EINVAL);
    EXPECT_EQ(bfl_board_job_area(board.handle, lanes), -EINVAL);
    EXPECT_EQ(bfl_board_worker_area(board.handle, -1), -EINVAL);
    EXPECT_EQ(bfl_board_set_stop(board.handle, 0, 1), -EINVAL);
    EXPECT_EQ(bfl_board_report(board.handle, 0, BFL_WORKER_REFUSED + 1), -EINVAL);
}

// I10
TEST(stop_reasons_are_set_and_cleared_one_by_one) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_set_stop(board.handle, 1, 1), 0);
    EXPECT_EQ(bfl_board_set_stop(board.handle, 2, 1), 0);
    EXPECT_EQ(bfl_board_set_stop(board.handle, 1, 0), 0);
    EXPECT_EQ(bfl_board_stop(board.handle), 2);
}

// I8
TEST(who_waits_for_work_is_woken_by_a_job_and_by_the_end) {
    const SharedBoard board;
    std::thread worker([&] {
        EXPECT_EQ(bfl_board_claim(board.handle, 0, patience_millis), 3);
        EXPECT_EQ(bfl_board_claim(board.handle, 0, patience_millis), -ESHUTDOWN);
    });
    EXPECT_EQ(bfl_board_deal(board.handle, 3, 0, 0), 0);
    EXPECT_EQ(bfl_board_announce(board.handle, 1), 0);
    while (board.state(3) != BFL_LANE_CLAIMED) {
        std::this_thread::yield();
    }
    EXPECT_EQ(bfl_board_shut_down(board.handle), 0);
    worker.join();
    EXPECT_EQ(bfl_board_is_shut_down(board.handle), 1);
}

// I8
TEST(the_parent_is_woken_by_the_job_it_waits_for_and_by_any_failure) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_deal(board.handle, 0, 0, 0), 0);
    EXPECT_EQ(bfl_board_deal(board.handle, 1, 0, 0), 0);
    const std::int64_t first = claim(board, 0);
    const std::int64_t second = claim(board, 1);
    std::thread failing([&] { EXPECT_EQ(bfl_board_commit(board.handle, 1, second, BFL_LANE_FAILED), 0); });
    while (bfl_board_failure(board.handle) < 0) {
        bfl_board_await(board.handle, 0, 1000);
    }
    EXPECT_EQ(bfl_board_failure(board.handle), 1);
    failing.join();
    std::thread ending([&] { EXPECT_EQ(bfl_board_commit(board.handle, 0, first, BFL_LANE_DONE), 0); });
    while (bfl_board_await(board.handle, 0, patience_millis) == BFL_LANE_CLAIMED) {
    }
    EXPECT_EQ(board.state(0), BFL_LANE_DONE);
    ending.join();
}

// I8
TEST(the_parent_is_woken_by_whichever_job_is_done_and_by_any_failure) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_await_any(board.handle, 0), -ENOENT);
    EXPECT_EQ(bfl_board_deal(board.handle, 0, 0, 0), 0);
    EXPECT_EQ(bfl_board_deal(board.handle, 1, 0, 0), 0);
    const std::int64_t first = claim(board, 0);
    const std::int64_t second = claim(board, 1);
    std::thread ending([&] { EXPECT_EQ(bfl_board_commit(board.handle, 1, second, BFL_LANE_DONE), 0); });
    while (bfl_board_await_any(board.handle, patience_millis) < 0) {
    }
    ending.join();
    EXPECT_EQ(bfl_board_await_any(board.handle, 0), 1);
    EXPECT_EQ(bfl_board_release(board.handle, 1), 0);
    std::thread failing([&] { EXPECT_EQ(bfl_board_commit(board.handle, 0, first, BFL_LANE_FAILED), 0); });
    while (bfl_board_failure(board.handle) < 0) {
        EXPECT_EQ(bfl_board_await_any(board.handle, patience_millis), -ENOENT);
    }
    failing.join();
}

// I11
TEST(a_worker_says_hello_and_beats_until_it_is_lost) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_worker_status(board.handle, 1), BFL_WORKER_STARTING);
    EXPECT_EQ(bfl_board_report(board.handle, 1, BFL_WORKER_READY), 0);
    EXPECT_EQ(bfl_board_beat(board.handle, 1), 0);
    EXPECT_EQ(bfl_board_beats(board.handle, 1), 1);
    EXPECT_EQ(bfl_board_worker_status(board.handle, 1), BFL_WORKER_READY);
    EXPECT_EQ(bfl_board_lose(board.handle, 1), 0);
    EXPECT_EQ(bfl_board_worker_status(board.handle, 1), BFL_WORKER_STARTING);
}

// I5, I9
TEST(a_process_killed_after_its_claim_leaves_one_lost_lane) {
    const SharedBoard board;
    EXPECT_EQ(bfl_board_deal(board.handle, 0, 0, 0), 0);
    EXPECT_EQ(bfl_board_deal(board.handle, 1, 0, 0), 0);
    const pid_t child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        bfl_board_claim(board.handle, 2, patience_millis);
        while (true) {
            pause();
        }
    }
    while (board.state(0) != BFL_LANE_CLAIMED) {
        std::this_thread::yield();
    }
    EXPECT_EQ(kill(child, SIGKILL), 0);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(bfl_board_lose(board.handle, 2), 1);
    EXPECT_EQ(board.state(0), BFL_LANE_LOST);
    EXPECT_EQ(bfl_board_claim(board.handle, 0, 0), 1);
}

// I2, I3, I8
TEST(many_jobs_through_few_lanes_are_each_done_once_and_seen_whole) {
    const SharedBoard board;
    std::vector<std::thread> threads = doubling(board);
    int dealt = 0;
    for (int job = 0; job < jobs; job++) {
        const std::int32_t lane = job % lanes;
        bfl_board_set_head(board.handle, lane);
        for (; dealt < jobs && dealt - job < lanes; dealt++) {
            deal(board, dealt % lanes, dealt);
        }
        while (bfl_board_await(board.handle, lane, 1000) != BFL_LANE_DONE) {
        }
        EXPECT_EQ(*bfl::at<int>(bfl_board_result_area(board.handle, lane)), 2 * job);
        EXPECT_EQ(bfl_board_release(board.handle, lane), 0);
    }
    shut_down(board, threads);
}

// I2, I3, I8
TEST(jobs_are_also_taken_as_they_end) {
    const SharedBoard board;
    std::vector<std::thread> threads = doubling(board);
    std::vector<int> by_lane(lanes);
    std::vector<bool> taken(jobs);
    int dealt = 0;
    for (; dealt < lanes; dealt++) {
        by_lane[static_cast<std::size_t>(dealt)] = dealt;
        deal(board, dealt, dealt);
    }
    for (int count = 0; count < jobs; count++) {
        std::int32_t lane = bfl_board_await_any(board.handle, patience_millis);
        while (lane < 0) {
            lane = bfl_board_await_any(board.handle, patience_millis);
        }
        int& job = by_lane[static_cast<std::size_t>(lane)];
        EXPECT_EQ(*bfl::at<int>(bfl_board_result_area(board.handle, lane)), 2 * job);
        EXPECT(!taken[static_cast<std::size_t>(job)]);
        taken[static_cast<std::size_t>(job)] = true;
        EXPECT_EQ(bfl_board_release(board.handle, lane), 0);
        if (dealt < jobs) {
            job = dealt++;
            deal(board, lane, job);
        }
    }
    shut_down(board, threads);
}
