// The whole protocol at once, with threads instead of processes, so that ThreadSanitizer sees all of it: eight workers that
// die, fail and are replaced, a supervisor, and a parent that deals, takes, retries, revokes and stops. Areas are written
// without atomics; only the words order the accesses. bfl_board.h lists I1 to I12.

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "address.h"
#include "bfl_board.h"
#include "expect.h"

namespace {

constexpr std::int32_t workers = 8;
constexpr std::int32_t lanes = 16;
constexpr std::int32_t area_bytes = 64;
constexpr std::int32_t slice_millis = 20;
constexpr int rounds = 150;
constexpr int jobs_per_round = 120;
constexpr std::int32_t stop_event = 1;
constexpr std::int32_t round_ends = 2;
constexpr auto relaxed = std::memory_order_relaxed;  // so that the test's counters order nothing

int state_of(std::int64_t word) { return static_cast<int>(word & 0xff); }
int worker_of(std::int64_t word) { return static_cast<int>(word >> 8 & 0xffff); }
int attempt_of(std::int64_t word) { return static_cast<int>(word >> 24 & 0xff); }
int round_of(std::int64_t word) { return static_cast<int>(word >> 32); }

/** The content of a job's area, and with another number of its result's. */
struct Note {
    int round;
    int job;
    int attempt;
    int number;
};

int number_of(const Note& note) { return note.round * 7919 + note.job * 31; }

class Board {
public:
    Board() {
        void* mapped = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT(mapped != MAP_FAILED);
        address_ = bfl::address_of(mapped);
        EXPECT_EQ(bfl_board_create(address_, static_cast<std::int64_t>(bytes_), workers, lanes, area_bytes, 10), 0);
        handle = open();
    }
    ~Board() {
        bfl_board_close(handle);
        munmap(bfl::at<void>(address_), bytes_);
    }
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;

    /** Returns a separate handle, as each process has. */
    std::int64_t open() const {
        const std::int64_t opened = bfl_board_open(address_, static_cast<std::int64_t>(bytes_));
        EXPECT(opened > 0);
        return opened;
    }
    Note& job(std::int32_t lane) const { return *bfl::at<Note>(bfl_board_job_area(handle, lane)); }
    Note& result(std::int32_t lane) const { return *bfl::at<Note>(bfl_board_result_area(handle, lane)); }

    std::int64_t handle;
    // Counts the starts of each attempt of each job. 16 attempts are never reached.
    std::array<std::atomic<int>, rounds * jobs_per_round * 16> begun{};

private:
    const std::size_t bytes_ = static_cast<std::size_t>(bfl_board_bytes(workers, lanes, area_bytes));
    std::int64_t address_;
};

/** A worker process, which is dead once its thread has ended. */
class Process {
public:
    Process(Board& board, std::int32_t worker, unsigned seed)
        : board_(board), worker_(worker), random_(seed), thread_([this] { live(); }) {}
    ~Process() { thread_.join(); }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    bool is_dead() const { return dead_.load(relaxed); }

private:
    void live() {
        const std::int64_t handle = board_.open();
        EXPECT_EQ(bfl_board_report(handle, worker_, BFL_WORKER_READY), 0);
        bool alive = true;
        while (alive) {
            const std::int32_t lane = bfl_board_claim(handle, worker_, slice_millis);
            EXPECT_EQ(bfl_board_beat(handle, worker_), 0);
            alive = lane == -EAGAIN || (lane >= 0 && work(handle, lane));
        }
        bfl_board_close(handle);
        dead_.store(true, relaxed);
    }

    /** Returns false if the worker was killed meanwhile. */
    bool work(std::int64_t handle, std::int32_t lane) {
        const std::int64_t claimed = bfl_board_word(handle, lane);
        EXPECT_EQ(state_of(claimed), BFL_LANE_CLAIMED);
        EXPECT_EQ(worker_of(claimed), worker_);
        const Note note = board_.job(lane);  // I2: whole, and matches the word
        EXPECT_EQ(note.round, round_of(claimed));
        EXPECT_EQ(note.attempt, attempt_of(claimed));
        EXPECT_EQ(note.number, number_of(note));
        const int id = ((note.round * jobs_per_round + note.job) << 4) + note.attempt;
        EXPECT_EQ(board_.begun[static_cast<std::size_t>(id)].fetch_add(1, relaxed), 0);  // I3
        const int fate = static_cast<int>(random_() % 40);
        if (fate == 0) {
            return false;
        }
        Note& result = board_.result(lane);
        result.round = note.round;
        result.job = note.job;
        if (fate == 1) {
            return false;  // half written
        }
        result.attempt = note.attempt;
        result.number = 2 * note.number;
        commit(handle, lane, claimed, fate == 2 ? BFL_LANE_FAILED : BFL_LANE_DONE);
        return fate != 3;  // just after
    }

    void commit(std::int64_t handle, std::int32_t lane, std::int64_t claimed, std::int32_t state) {
        const std::int64_t others = claimed ^ std::int64_t{1} << 8;
        const std::int64_t later = claimed ^ std::int64_t{1} << 24;
        EXPECT_EQ(bfl_board_commit(handle, lane, others, state), -ESTALE);  // I4
        EXPECT_EQ(bfl_board_commit(handle, lane, later, state), -ESTALE);
        EXPECT_EQ(bfl_board_release(handle, lane), -EBUSY);  // I5
        EXPECT_EQ(bfl_board_commit(handle, lane, claimed, state), 0);
        EXPECT_EQ(bfl_board_commit(handle, lane, claimed, state), -ESTALE);
    }

    Board& board_;
    const std::int32_t worker_;
    std::mt19937 random_;
    std::atomic<bool> dead_{false};
    std::thread thread_;
};

/** Replaces dead workers, and checks what may only grow. */
class Supervisor {
public:
    explicit Supervisor(Board& board) : board_(board), thread_([this] { supervise(); }) {}
    ~Supervisor() { thread_.join(); }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    int replaced() const { return replaced_.load(relaxed); }

private:
    void supervise() {
        const std::int64_t handle = board_.open();
        std::vector<std::unique_ptr<Process>> processes;
        for (std::int32_t worker = 0; worker < workers; worker++) {
            processes.push_back(start(worker));
        }
        while (bfl_board_is_shut_down(handle) == 0) {
            for (std::int32_t worker = 0; worker < workers; worker++) {
                if (processes[static_cast<std::size_t>(worker)]->is_dead()) {
                    replace(handle, processes[static_cast<std::size_t>(worker)], worker);
                }
            }
            look(handle);
            bfl_board_await_alert(handle, 1);
        }
        processes.clear();
        for (std::int32_t worker = 0; worker < workers; worker++) {
            bfl_board_lose(handle, worker);
        }
        bfl_board_close(handle);
    }

    std::unique_ptr<Process> start(std::int32_t worker) {
        return std::make_unique<Process>(board_, worker, ++seed_);
    }

    void replace(std::int64_t handle, std::unique_ptr<Process>& process, std::int32_t worker) {
        if (bfl_board_is_shut_down(handle) != 0) {
            return;
        }
        process.reset();  // joins the thread: I5
        const std::int32_t lost = bfl_board_lose(handle, worker);
        EXPECT(lost == 0 || lost == 1);                    // I9: only its claim
        EXPECT_EQ(bfl_board_lose(handle, worker), 0);
        EXPECT_EQ(bfl_board_worker_status(handle, worker), BFL_WORKER_STARTING);  // I11
        replaced_.fetch_add(1, relaxed);
        process = start(worker);
    }

    void look(std::int64_t handle) {
        for (std::int32_t worker = 0; worker < workers; worker++) {
            const std::int64_t now = bfl_board_beats(handle, worker);
            EXPECT(now >= beats_[static_cast<std::size_t>(worker)]);  // I11
            beats_[static_cast<std::size_t>(worker)] = now;
        }
        for (std::int32_t lane = 0; lane < lanes; lane++) {
            const std::int64_t word = bfl_board_word(handle, lane);
            EXPECT(state_of(word) >= BFL_LANE_FREE && state_of(word) <= BFL_LANE_LOST);
            EXPECT(worker_of(word) < workers);
            EXPECT(round_of(word) >= round_of(words_[static_cast<std::size_t>(lane)]));
            words_[static_cast<std::size_t>(lane)] = word;
        }
        EXPECT_EQ(bfl_board_set_stop(handle, round_ends, 1), 0);  // I10
        EXPECT((bfl_board_stop(handle) & round_ends) != 0);
        EXPECT_EQ(bfl_board_set_stop(handle, round_ends, 0), 0);
        EXPECT((bfl_board_stop(handle) & round_ends) == 0);
    }

    Board& board_;
    unsigned seed_ = 0;
    std::atomic<int> replaced_{0};
    std::array<std::int64_t, workers> beats_{};
    std::array<std::int64_t, lanes> words_{};
    std::thread thread_;
};

/** The caller of rounds. */
class Parent {
public:
    explicit Parent(Board& board) : board_(board), handle_(board.open()) {}
    ~Parent() { bfl_board_close(handle_); }
    Parent(const Parent&) = delete;
    Parent& operator=(const Parent&) = delete;

    /** Takes the results of a round in order. Stops at `until`, if that is less than the number of jobs. */
    void run(int round, int until) {
        round_ = round;
        attempts_.assign(jobs_per_round, 0);
        int dealt = 0;
        for (int job = 0; job < until; job++) {
            EXPECT_EQ(bfl_board_set_head(handle_, job % lanes), 0);
            for (; dealt < jobs_per_round && dealt - job < lanes; dealt++) {
                deal(dealt);
            }
            while (bfl_board_await(handle_, job % lanes, slice_millis) != BFL_LANE_DONE) {
                retry_all(job, dealt);
            }
            take(job);
        }
        stop(until, dealt);
    }

    int retries() const { return retries_; }

private:
    void deal(int job) {
        const std::int32_t lane = job % lanes;
        const int attempt = attempts_[static_cast<std::size_t>(job)];
        Note& note = board_.job(lane);  // I2: no other access
        note.round = round_;
        note.job = job;
        note.attempt = attempt;
        note.number = number_of(note);
        board_.result(lane) = {};
        EXPECT_EQ(bfl_board_deal(handle_, lane, round_, attempt), 0);
        EXPECT_EQ(bfl_board_deal(handle_, lane, round_, attempt), -EBUSY);
        EXPECT_EQ(bfl_board_announce(handle_, 1), 0);
    }

    /** LOST or FAILED -> FREE -> READY with the next attempt: I6. */
    void retry_all(int from, int to) {
        for (int job = from; job < to; job++) {
            const std::int64_t word = bfl_board_word(handle_, job % lanes);
            if (state_of(word) == BFL_LANE_FAILED || state_of(word) == BFL_LANE_LOST) {
                EXPECT_EQ(attempt_of(word), attempts_[static_cast<std::size_t>(job)]);
                EXPECT_EQ(bfl_board_release(handle_, job % lanes), 0);
                attempts_[static_cast<std::size_t>(job)]++;
                retries_++;
                deal(job);
            }
        }
    }

    void take(int job) {
        const std::int32_t lane = job % lanes;
        EXPECT_EQ(attempt_of(bfl_board_word(handle_, lane)), attempts_[static_cast<std::size_t>(job)]);
        const Note result = board_.result(lane);  // I2: whole
        EXPECT_EQ(result.round, round_);
        EXPECT_EQ(result.job, job);
        EXPECT_EQ(result.attempt, attempts_[static_cast<std::size_t>(job)]);  // I6: of the last attempt
        EXPECT_EQ(result.number, 2 * number_of(result));
        EXPECT_EQ(bfl_board_release(handle_, lane), 0);
    }

    /** Revokes unclaimed jobs and waits for the others. */
    void stop(int from, int to) {
        EXPECT_EQ(bfl_board_set_stop(handle_, stop_event, 1), 0);
        EXPECT((bfl_board_stop(handle_) & stop_event) != 0);  // I10
        for (int job = from; job < to; job++) {
            while (bfl_board_release(handle_, job % lanes) == -EBUSY) {
                bfl_board_await(handle_, job % lanes, slice_millis);
            }
        }
        EXPECT_EQ(bfl_board_set_stop(handle_, stop_event, 0), 0);
        EXPECT((bfl_board_stop(handle_) & stop_event) == 0);
        EXPECT_EQ(bfl_board_failure(handle_), -ENOENT);
    }

    Board& board_;
    const std::int64_t handle_;
    int round_ = 0;
    int retries_ = 0;
    std::vector<int> attempts_;
};

}  // namespace

// I2 to I6, I9 to I11
TEST(eight_workers_that_die_and_fail_lose_nothing_and_race_with_nobody) {
    Board board;
    int retries = 0;
    {
        Supervisor supervisor(board);
        Parent parent(board);
        for (int round = 0; round < rounds; round++) {
            parent.run(round, round % 3 == 2 ? jobs_per_round / 2 : jobs_per_round);
        }
        retries = parent.retries();
        EXPECT(supervisor.replaced() > rounds);
        EXPECT_EQ(bfl_board_shut_down(board.handle), 0);
    }
    EXPECT(retries > rounds);
    for (std::int32_t lane = 0; lane < lanes; lane++) {
        EXPECT_EQ(state_of(bfl_board_word(board.handle, lane)), BFL_LANE_FREE);
    }
}
