#include "bfl_board.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <new>

namespace {

constexpr std::uint64_t kMagic = 0x6472616f42204642ull;  // "BF Board"
constexpr std::uint32_t kVersion = 1;
constexpr int kMaxWorkers = 4096;
constexpr int kMaxLanes = 4096;
constexpr int kMaxAreaBytes = 1 << 20;
constexpr int kLine = 64;
constexpr int kNoLane = -1;

using Word = std::uint64_t;

struct alignas(kLine) Line32 {
    std::atomic<std::uint32_t> value;
};

struct alignas(kLine) WorkerRecord {
    std::atomic<std::uint32_t> status;
    std::atomic<std::uint32_t> sleeping;
    std::atomic<std::uint64_t> beats;
};

// What is written often by different processes lies on cache lines of its own.
struct Header {
    std::atomic<std::uint64_t> magic;  // written last
    std::uint32_t version;
    std::int32_t workers;
    std::int32_t lanes;
    std::int32_t area_bytes;
    std::int32_t spins;
    Line32 work;    // futex word of the workers
    Line32 result;  // futex word of the parent
    alignas(kLine) std::atomic<std::int32_t> wanted;  // the lane that the parent waits for
    alignas(kLine) std::atomic<std::int32_t> head;
    alignas(kLine) std::atomic<std::uint32_t> stop;
    std::atomic<std::uint32_t> shutdown;
};

static_assert(std::atomic<Word>::is_always_lock_free, "words are shared between processes");
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "futex words are shared between processes");
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "a futex word is 32 bits");

constexpr std::int64_t rounded(std::int64_t bytes) {
    return (bytes + kLine - 1) / kLine * kLine;
}

// The parts of a board, in the order in which they lie in memory.
class Board {
public:
    explicit Board(std::int64_t address) : base_(reinterpret_cast<char*>(address)) {}

    Header& header() const {
        return *reinterpret_cast<Header*>(base_);
    }
    WorkerRecord& worker(int index) const {
        return reinterpret_cast<WorkerRecord*>(base_ + worker_offset())[index];
    }
    std::atomic<Word>& lane(int index) const {
        return reinterpret_cast<std::atomic<Word>*>(base_ + lane_offset(header().workers))[index];
    }
    std::int64_t area(int index) const {
        const Header& h = header();
        return reinterpret_cast<std::int64_t>(base_) + area_offset(h.workers, h.lanes)
               + static_cast<std::int64_t>(index) * h.area_bytes;
    }
    bool has_worker(int index) const {
        return index >= 0 && index < header().workers;
    }
    bool has_lane(int index) const {
        return index >= 0 && index < header().lanes;
    }

    static std::int64_t bytes(int workers, int lanes, int area_bytes) {
        return area_offset(workers, lanes) + static_cast<std::int64_t>(2 + workers + 2 * lanes) * area_bytes;
    }
    static bool valid(int workers, int lanes, int area_bytes) {
        return workers >= 1 && workers <= kMaxWorkers && lanes >= 1 && lanes <= kMaxLanes && area_bytes >= kLine
               && area_bytes <= kMaxAreaBytes && area_bytes % kLine == 0;
    }

private:
    static std::int64_t worker_offset() {
        return rounded(sizeof(Header));
    }
    static std::int64_t lane_offset(int workers) {
        return worker_offset() + static_cast<std::int64_t>(workers) * static_cast<std::int64_t>(sizeof(WorkerRecord));
    }
    static std::int64_t area_offset(int workers, int lanes) {
        return lane_offset(workers)
               + rounded(static_cast<std::int64_t>(lanes) * static_cast<std::int64_t>(sizeof(Word)));
    }

    char* base_;
};

Word word(int round, int attempt, int worker, int state) {
    return static_cast<Word>(static_cast<std::uint32_t>(round)) << 32 | static_cast<Word>(attempt & 0xff) << 24
           | static_cast<Word>(worker & 0xffff) << 8 | static_cast<Word>(state & 0xff);
}

int state_of(Word w) {
    return static_cast<int>(w & 0xff);
}

int worker_of(Word w) {
    return static_cast<int>(w >> 8 & 0xffff);
}

Word with_state(Word w, int state) {
    return (w & ~static_cast<Word>(0xff)) | static_cast<Word>(state);
}

Word claimed_by(Word w, int worker) {
    return (w & ~static_cast<Word>(0xffffff)) | static_cast<Word>(worker) << 8 | BFL_LANE_CLAIMED;
}

bool pending(int state) {
    return state == BFL_LANE_READY || state == BFL_LANE_CLAIMED;
}

std::uint32_t* raw(std::atomic<std::uint32_t>& value) {
    return reinterpret_cast<std::uint32_t*>(&value);
}

// Returns when woken, when the word has changed or after the time; which of them, the caller finds out by looking.
void futex_wait(std::atomic<std::uint32_t>& value, std::uint32_t expected, std::int64_t nanos) {
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(nanos / 1000000000);
    limit.tv_nsec = static_cast<long>(nanos % 1000000000);
    syscall(SYS_futex, raw(value), FUTEX_WAIT, expected, &limit, nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>& value, int count) {
    syscall(SYS_futex, raw(value), FUTEX_WAKE, count, nullptr, nullptr, 0);
}

std::int64_t now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1000000000 + t.tv_nsec;
}

void pause_briefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Kernels may have written results with non-temporal stores, which a release store does not wait for.
void fence_streaming_stores() {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

void wake_parent(Header& h) {
    h.result.value.fetch_add(1);
    futex_wake(h.result.value, INT_MAX);
}

int try_claim(const Board& board, int worker) {
    const Header& h = board.header();
    const int head = h.head.load(std::memory_order_relaxed);
    for (int i = 0; i < h.lanes; i++) {
        const int lane = (head + i) % h.lanes;
        Word w = board.lane(lane).load();
        if (state_of(w) == BFL_LANE_READY && board.lane(lane).compare_exchange_strong(w, claimed_by(w, worker))) {
            return lane;
        }
    }
    return -EAGAIN;
}

int claim_or_end(const Board& board, int worker) {
    return board.header().shutdown.load() != 0 ? -ESHUTDOWN : try_claim(board, worker);
}

int count_sleepers(const Board& board) {
    int sleepers = 0;
    for (int i = 0; i < board.header().workers; i++) {
        sleepers += board.worker(i).sleeping.load() != 0 ? 1 : 0;
    }
    return sleepers;
}

}  // namespace

int64_t bfl_board_bytes(int32_t workers, int32_t lanes, int32_t area_bytes) BFL_NOEXCEPT {
    return Board::valid(workers, lanes, area_bytes) ? Board::bytes(workers, lanes, area_bytes) : -EINVAL;
}

int32_t bfl_board_create(int64_t address, int64_t bytes, int32_t workers, int32_t lanes, int32_t area_bytes,
                         int32_t spins) BFL_NOEXCEPT {
    if (address == 0 || address % kLine != 0 || spins < 0 || !Board::valid(workers, lanes, area_bytes)
        || bytes < Board::bytes(workers, lanes, area_bytes)) {
        return -EINVAL;
    }
    Board board(address);
    Header& h = *new (&board.header()) Header{};
    h.version = kVersion;
    h.workers = workers;
    h.lanes = lanes;
    h.area_bytes = area_bytes;
    h.spins = spins;
    h.wanted.store(kNoLane);
    for (int i = 0; i < workers; i++) {
        new (&board.worker(i)) WorkerRecord{};
    }
    for (int i = 0; i < lanes; i++) {
        new (&board.lane(i)) std::atomic<Word>{0};
    }
    h.magic.store(kMagic, std::memory_order_release);
    return 0;
}

int32_t bfl_board_check(int64_t address, int64_t bytes) BFL_NOEXCEPT {
    if (address == 0 || bytes < static_cast<int64_t>(sizeof(Header))) {
        return -EPROTO;
    }
    const Header& h = Board(address).header();
    const bool fits = h.magic.load(std::memory_order_acquire) == kMagic && h.version == kVersion
                      && Board::valid(h.workers, h.lanes, h.area_bytes)
                      && bytes >= Board::bytes(h.workers, h.lanes, h.area_bytes);
    return fits ? 0 : -EPROTO;
}

int32_t bfl_board_workers(int64_t address) BFL_NOEXCEPT {
    return Board(address).header().workers;
}

int32_t bfl_board_lanes(int64_t address) BFL_NOEXCEPT {
    return Board(address).header().lanes;
}

int32_t bfl_board_area_bytes(int64_t address) BFL_NOEXCEPT {
    return Board(address).header().area_bytes;
}

int64_t bfl_board_setup_area(int64_t address) BFL_NOEXCEPT {
    return Board(address).area(0);
}

int64_t bfl_board_round_area(int64_t address) BFL_NOEXCEPT {
    return Board(address).area(1);
}

int64_t bfl_board_worker_area(int64_t address, int32_t worker) BFL_NOEXCEPT {
    Board board(address);
    return board.has_worker(worker) ? board.area(2 + worker) : -EINVAL;
}

int64_t bfl_board_job_area(int64_t address, int32_t lane) BFL_NOEXCEPT {
    Board board(address);
    return board.has_lane(lane) ? board.area(2 + board.header().workers + 2 * lane) : -EINVAL;
}

int64_t bfl_board_result_area(int64_t address, int32_t lane) BFL_NOEXCEPT {
    Board board(address);
    return board.has_lane(lane) ? board.area(3 + board.header().workers + 2 * lane) : -EINVAL;
}

int64_t bfl_board_word(int64_t address, int32_t lane) BFL_NOEXCEPT {
    Board board(address);
    return board.has_lane(lane) ? static_cast<int64_t>(board.lane(lane).load()) : -EINVAL;
}

int32_t bfl_board_deal(int64_t address, int32_t lane, int32_t round, int32_t attempt) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_lane(lane) || round < 0 || attempt < 0 || attempt > 0xff) {
        return -EINVAL;
    }
    Word w = board.lane(lane).load();
    const bool dealt = state_of(w) == BFL_LANE_FREE
                       && board.lane(lane).compare_exchange_strong(w, word(round, attempt, 0, BFL_LANE_READY));
    return dealt ? 0 : -EBUSY;
}

int32_t bfl_board_announce(int64_t address, int32_t count) BFL_NOEXCEPT {
    Board board(address);
    Header& h = board.header();
    h.work.value.fetch_add(1);
    if (count_sleepers(board) > 0) {
        futex_wake(h.work.value, count);
    }
    return 0;
}

int32_t bfl_board_set_head(int64_t address, int32_t lane) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_lane(lane)) {
        return -EINVAL;
    }
    board.header().head.store(lane, std::memory_order_relaxed);
    return 0;
}

int32_t bfl_board_await(int64_t address, int32_t lane, int32_t millis) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_lane(lane)) {
        return -EINVAL;
    }
    Header& h = board.header();
    for (int i = 0; i < h.spins && pending(state_of(board.lane(lane).load())); i++) {
        pause_briefly();
    }
    const std::uint32_t seen = h.result.value.load();
    h.wanted.store(lane);
    if (pending(state_of(board.lane(lane).load()))) {
        futex_wait(h.result.value, seen, static_cast<std::int64_t>(millis) * 1000000);
    }
    h.wanted.store(kNoLane);
    return state_of(board.lane(lane).load());
}

int32_t bfl_board_failure(int64_t address) BFL_NOEXCEPT {
    Board board(address);
    const Header& h = board.header();
    const int head = h.head.load(std::memory_order_relaxed);
    for (int i = 0; i < h.lanes; i++) {
        const int lane = (head + i) % h.lanes;
        const int state = state_of(board.lane(lane).load());
        if (state == BFL_LANE_FAILED || state == BFL_LANE_LOST) {
            return lane;
        }
    }
    return -ENOENT;
}

int32_t bfl_board_await_alert(int64_t address, int32_t millis) BFL_NOEXCEPT {
    Header& h = Board(address).header();
    futex_wait(h.result.value, h.result.value.load(), static_cast<std::int64_t>(millis) * 1000000);
    return 0;
}

int32_t bfl_board_alert(int64_t address) BFL_NOEXCEPT {
    wake_parent(Board(address).header());
    return 0;
}

int32_t bfl_board_release(int64_t address, int32_t lane) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_lane(lane)) {
        return -EINVAL;
    }
    Word w = board.lane(lane).load();
    const int state = state_of(w);
    if (state == BFL_LANE_FREE || state == BFL_LANE_CLAIMED) {
        return -EBUSY;
    }
    return board.lane(lane).compare_exchange_strong(w, with_state(w, BFL_LANE_FREE)) ? 0 : -EBUSY;
}

int32_t bfl_board_lose(int64_t address, int32_t worker) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    int lost = 0;
    for (int lane = 0; lane < board.header().lanes; lane++) {
        Word w = board.lane(lane).load();
        if (state_of(w) == BFL_LANE_CLAIMED && worker_of(w) == worker
            && board.lane(lane).compare_exchange_strong(w, with_state(w, BFL_LANE_LOST))) {
            lost++;
        }
    }
    board.worker(worker).sleeping.store(0);
    board.worker(worker).status.store(BFL_WORKER_STARTING);
    wake_parent(board.header());
    return lost;
}

int32_t bfl_board_set_stop(int64_t address, int32_t mask, int32_t on) BFL_NOEXCEPT {
    if (mask <= 0) {
        return -EINVAL;
    }
    std::atomic<std::uint32_t>& stop = Board(address).header().stop;
    if (on != 0) {
        stop.fetch_or(static_cast<std::uint32_t>(mask));
    } else {
        stop.fetch_and(~static_cast<std::uint32_t>(mask));
    }
    return 0;
}

int32_t bfl_board_shut_down(int64_t address) BFL_NOEXCEPT {
    Header& h = Board(address).header();
    h.shutdown.store(1);
    h.work.value.fetch_add(1);
    futex_wake(h.work.value, INT_MAX);
    return 0;
}

int32_t bfl_board_worker_status(int64_t address, int32_t worker) BFL_NOEXCEPT {
    Board board(address);
    return board.has_worker(worker) ? static_cast<int>(board.worker(worker).status.load()) : -EINVAL;
}

int64_t bfl_board_beats(int64_t address, int32_t worker) BFL_NOEXCEPT {
    Board board(address);
    return board.has_worker(worker) ? static_cast<int64_t>(board.worker(worker).beats.load()) : -EINVAL;
}

int32_t bfl_board_hello(int64_t address, int32_t worker, int32_t status) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    board.worker(worker).status.store(static_cast<std::uint32_t>(status));
    wake_parent(board.header());
    return 0;
}

int32_t bfl_board_claim(int64_t address, int32_t worker, int32_t millis) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    Header& h = board.header();
    int lane = claim_or_end(board, worker);
    for (int i = 0; i < h.spins && lane == -EAGAIN; i++) {
        pause_briefly();
        lane = claim_or_end(board, worker);
    }
    const std::int64_t end = lane == -EAGAIN ? now() + static_cast<std::int64_t>(millis) * 1000000 : 0;
    while (lane == -EAGAIN) {
        const std::uint32_t seen = h.work.value.load();
        board.worker(worker).sleeping.store(1);
        lane = claim_or_end(board, worker);
        const std::int64_t left = end - now();
        if (lane == -EAGAIN && left > 0) {
            futex_wait(h.work.value, seen, left);
        }
        board.worker(worker).sleeping.store(0);
        if (left <= 0) {
            break;
        }
    }
    return lane;
}

int32_t bfl_board_commit(int64_t address, int32_t lane, int64_t claimed, int32_t state) BFL_NOEXCEPT {
    Board board(address);
    Word w = static_cast<Word>(claimed);
    if (!board.has_lane(lane) || state_of(w) != BFL_LANE_CLAIMED
        || (state != BFL_LANE_DONE && state != BFL_LANE_FAILED)) {
        return -EINVAL;
    }
    fence_streaming_stores();
    if (!board.lane(lane).compare_exchange_strong(w, with_state(w, state))) {
        return -ESTALE;
    }
    Header& h = board.header();
    if (state == BFL_LANE_FAILED || h.wanted.load() == lane) {
        wake_parent(h);
    }
    return 0;
}

int32_t bfl_board_stop(int64_t address) BFL_NOEXCEPT {
    return static_cast<int32_t>(Board(address).header().stop.load());
}

int32_t bfl_board_is_shut_down(int64_t address) BFL_NOEXCEPT {
    return static_cast<int>(Board(address).header().shutdown.load());
}

int32_t bfl_board_beat(int64_t address, int32_t worker) BFL_NOEXCEPT {
    Board board(address);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    board.worker(worker).beats.fetch_add(1, std::memory_order_relaxed);
    return 0;
}
