#include "bfl_board.h"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <new>

#include "address.h"
#include "futex.h"

namespace {

using bfl::futex_wait;
using bfl::futex_wake;

constexpr std::uint64_t magic_number = 0x6472616f42204642ull;  // "BF Board"
constexpr std::uint32_t version_number = 4;  // of this layout and of what AreaLayout.java draws
constexpr int most_workers = 4096;
constexpr int most_lanes = 4096;
constexpr int most_area_bytes = 1 << 20;
constexpr int most_spins = 1 << 20;  // some milliseconds
constexpr int line = 64;
constexpr int page = 4096;
constexpr int no_lane = -1;
constexpr int any_lane = -2;

using Word = std::uint64_t;

struct alignas(line) Line32 {
    std::atomic<std::uint32_t> value;
};

struct alignas(line) WorkerRecord {
    std::atomic<std::uint32_t> status;
    std::atomic<std::uint32_t> sleeping;
    std::atomic<std::uint64_t> beats;
    std::atomic<std::uint64_t> written_file;  // inode; 0: none
    std::atomic<std::uint64_t> written_offset;
};

// Fields that different processes write often have separate cache lines.
struct Header {
    std::atomic<std::uint64_t> magic;  // written last
    std::uint32_t version;
    std::int32_t workers;
    std::int32_t lanes;
    std::int32_t area_bytes;
    std::int32_t spins;
    Line32 work;    // futex word of the workers
    Line32 result;  // futex word of the parent
    alignas(line) std::atomic<std::int32_t> wanted;  // the lane that the parent waits for, any_lane or no_lane
    alignas(line) std::atomic<std::int32_t> head;
    alignas(line) std::atomic<std::uint32_t> stop;
    std::atomic<std::uint32_t> shutdown;
};

static_assert(std::atomic<Word>::is_always_lock_free, "words are shared between processes");
static_assert(offsetof(Header, magic) == BFL_BOARD_MAGIC_OFFSET
              && offsetof(Header, version) == BFL_BOARD_VERSION_OFFSET
              && offsetof(Header, workers) == BFL_BOARD_WORKERS_OFFSET
              && offsetof(Header, lanes) == BFL_BOARD_LANES_OFFSET
              && offsetof(Header, area_bytes) == BFL_BOARD_AREA_BYTES_OFFSET
              && offsetof(Header, spins) == BFL_BOARD_SPINS_OFFSET
              && offsetof(Header, work) == BFL_BOARD_WORK_OFFSET
              && offsetof(Header, result) == BFL_BOARD_RESULT_OFFSET
              && offsetof(Header, wanted) == BFL_BOARD_WANTED_OFFSET
              && offsetof(Header, head) == BFL_BOARD_HEAD_OFFSET
              && offsetof(Header, stop) == BFL_BOARD_STOP_OFFSET
              && sizeof(Header) == BFL_BOARD_RECORDS_OFFSET && sizeof(WorkerRecord) == BFL_BOARD_RECORD_BYTES,
              "as drawn in bfl_board.h");

constexpr std::int64_t rounded(std::int64_t bytes, std::int64_t unit = line) {
    return (bytes + unit - 1) / unit * unit;
}

// A handle: the place and sizes of a board, in private memory, so that other processes cannot change addresses.
struct Opened {
    char* base;
    int workers;
    int lanes;
    int area_bytes;
    int spins;
};

// The parts of a board in memory order.
class Board {
public:
    explicit Board(std::int64_t handle) : opened_(*bfl::at<const Opened>(handle)) {}
    explicit Board(const Opened& opened) : opened_(opened) {}

    Header& header() const {
        return *reinterpret_cast<Header*>(opened_.base);
    }
    WorkerRecord& worker(int index) const {
        return reinterpret_cast<WorkerRecord*>(opened_.base + worker_offset())[index];
    }
    std::atomic<Word>& lane(int index) const {
        return reinterpret_cast<std::atomic<Word>*>(opened_.base + lane_offset(workers()))[index];
    }
    // An area that workers write.
    std::int64_t workers_area(int index) const {
        return bfl::address_of(opened_.base) + area_offset(workers(), lanes())
               + static_cast<std::int64_t>(index) * area_bytes();
    }
    // An area that the parent writes.
    std::int64_t parents_area(int index) const {
        return bfl::address_of(opened_.base) + parents_offset(workers(), lanes(), area_bytes())
               + static_cast<std::int64_t>(index) * area_bytes();
    }
    int workers() const {
        return opened_.workers;
    }
    int lanes() const {
        return opened_.lanes;
    }
    int area_bytes() const {
        return opened_.area_bytes;
    }
    int spins() const {
        return opened_.spins;
    }
    bool has_worker(int index) const {
        return index >= 0 && index < workers();
    }
    bool has_lane(int index) const {
        return index >= 0 && index < lanes();
    }
    // Returns the lane at a distance from the head, also if the head is corrupted.
    int from_head(int distance) const {
        const auto head = static_cast<std::uint32_t>(header().head.load(std::memory_order_relaxed));
        const auto count = static_cast<std::uint32_t>(lanes());
        return static_cast<int>((head % count + static_cast<std::uint32_t>(distance)) % count);
    }

    static std::int64_t bytes(int workers, int lanes, int area_bytes) {
        return parents_offset(workers, lanes, area_bytes) + static_cast<std::int64_t>(2 + lanes) * area_bytes;
    }
    static bool valid(int workers, int lanes, int area_bytes) {
        return workers >= 1 && workers <= most_workers && lanes >= 1 && lanes <= most_lanes && area_bytes >= line
               && area_bytes <= most_area_bytes && area_bytes % line == 0;
    }
    static bool fits(const Opened& opened, std::int64_t bytes) {
        return valid(opened.workers, opened.lanes, opened.area_bytes) && opened.spins >= 0
               && opened.spins <= most_spins && bytes >= Board::bytes(opened.workers, opened.lanes, opened.area_bytes);
    }
    static bool can_lie_at(std::int64_t address) {
        return address > 0 && address % line == 0;
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

    static std::int64_t parents_offset(int workers, int lanes, int area_bytes) {
        return rounded(area_offset(workers, lanes) + static_cast<std::int64_t>(workers + lanes) * area_bytes, page);
    }

    const Opened opened_;
};

Word word(int round, int attempt, int worker, int state) {
    return static_cast<Word>(static_cast<std::uint32_t>(round)) << BFL_WORD_ROUND_BIT
           | static_cast<Word>(attempt & BFL_WORD_ATTEMPT_MASK) << BFL_WORD_ATTEMPT_BIT
           | static_cast<Word>(worker & BFL_WORD_WORKER_MASK) << BFL_WORD_WORKER_BIT
           | static_cast<Word>(state & BFL_WORD_STATE_MASK);
}

int state_of(Word w) {
    return static_cast<int>(w & BFL_WORD_STATE_MASK);
}

int worker_of(Word w) {
    return static_cast<int>(w >> BFL_WORD_WORKER_BIT & BFL_WORD_WORKER_MASK);
}

Word with_state(Word w, int state) {
    return (w & ~static_cast<Word>(BFL_WORD_STATE_MASK)) | static_cast<Word>(state);
}

Word claimed_by(Word w, int worker) {
    constexpr Word kept = ~Word{0} << BFL_WORD_ATTEMPT_BIT;
    return (w & kept) | static_cast<Word>(worker) << BFL_WORD_WORKER_BIT | BFL_LANE_CLAIMED;
}

bool pending(int state) {
    return state == BFL_LANE_READY || state == BFL_LANE_CLAIMED;
}

bool done(int state) {
    return state == BFL_LANE_DONE;
}

bool failed(int state) {
    return state == BFL_LANE_FAILED || state == BFL_LANE_LOST;
}

bool ended(int state) {
    return done(state) || failed(state);
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

// Kernels may write results with non-temporal stores, which a release store does not order.
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

// Returns the first lane from the head on in such a state.
int find(const Board& board, bool (*has_state)(int)) {
    for (int i = 0; i < board.lanes(); i++) {
        const int lane = board.from_head(i);
        if (has_state(state_of(board.lane(lane).load()))) {
            return lane;
        }
    }
    return -ENOENT;
}

int try_claim(const Board& board, int worker) {
    for (int i = 0; i < board.lanes(); i++) {
        const int lane = board.from_head(i);
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
    for (int i = 0; i < board.workers(); i++) {
        sleepers += board.worker(i).sleeping.load() != 0 ? 1 : 0;
    }
    return sleepers;
}

}  // namespace

std::int64_t bfl_board_bytes(std::int32_t workers, std::int32_t lanes, std::int32_t area_bytes) noexcept {
    return Board::valid(workers, lanes, area_bytes) ? Board::bytes(workers, lanes, area_bytes) : -EINVAL;
}

std::int32_t bfl_board_create(std::int64_t address, std::int64_t bytes, std::int32_t workers, std::int32_t lanes,
                              std::int32_t area_bytes, std::int32_t spins) noexcept {
    const Opened made{bfl::at<char>(address), workers, lanes, area_bytes, spins};
    if (!Board::can_lie_at(address) || !Board::fits(made, bytes)) {
        return -EINVAL;
    }
    const Board board(made);
    Header& h = *new (&board.header()) Header{};
    h.version = version_number;
    h.workers = workers;
    h.lanes = lanes;
    h.area_bytes = area_bytes;
    h.spins = spins;
    h.wanted.store(no_lane);
    for (int i = 0; i < workers; i++) {
        new (&board.worker(i)) WorkerRecord{};
    }
    for (int i = 0; i < lanes; i++) {
        new (&board.lane(i)) std::atomic<Word>{0};
    }
    h.magic.store(magic_number, std::memory_order_release);
    return 0;
}

std::int64_t bfl_board_open(std::int64_t address, std::int64_t bytes) noexcept {
    if (!Board::can_lie_at(address) || bytes < static_cast<std::int64_t>(sizeof(Header))) {
        return -EPROTO;
    }
    const Header& h = *bfl::at<const Header>(address);
    const Opened found{bfl::at<char>(address), h.workers, h.lanes, h.area_bytes, h.spins};
    const bool is_board = h.magic.load(std::memory_order_acquire) == magic_number && h.version == version_number;
    if (!is_board || !Board::fits(found, bytes)) {
        return -EPROTO;
    }
    const auto* opened = new (std::nothrow) Opened(found);
    return opened == nullptr ? -ENOMEM : bfl::address_of(opened);
}

std::int32_t bfl_board_close(std::int64_t handle) noexcept {
    delete bfl::at<const Opened>(handle);
    return 0;
}

std::int32_t bfl_board_workers(std::int64_t handle) noexcept {
    return Board(handle).workers();
}

std::int32_t bfl_board_lanes(std::int64_t handle) noexcept {
    return Board(handle).lanes();
}

std::int32_t bfl_board_area_bytes(std::int64_t handle) noexcept {
    return Board(handle).area_bytes();
}

std::int64_t bfl_board_setup_area(std::int64_t handle) noexcept {
    return Board(handle).parents_area(0);
}

std::int64_t bfl_board_round_area(std::int64_t handle) noexcept {
    return Board(handle).parents_area(1);
}

std::int64_t bfl_board_worker_area(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    return board.has_worker(worker) ? board.workers_area(worker) : -EINVAL;
}

std::int64_t bfl_board_job_area(std::int64_t handle, std::int32_t lane) noexcept {
    Board board(handle);
    return board.has_lane(lane) ? board.parents_area(2 + lane) : -EINVAL;
}

std::int64_t bfl_board_result_area(std::int64_t handle, std::int32_t lane) noexcept {
    Board board(handle);
    return board.has_lane(lane) ? board.workers_area(board.workers() + lane) : -EINVAL;
}

std::int32_t bfl_board_protect(std::int64_t handle) noexcept {
    Board board(handle);
    const std::int64_t from = board.parents_area(0);
    const auto bytes = static_cast<std::size_t>(board.parents_area(2 + board.lanes()) - from);
    return mprotect(bfl::at<void>(from), bytes, PROT_READ) == 0 ? 0 : -errno;
}

std::int64_t bfl_board_word(std::int64_t handle, std::int32_t lane) noexcept {
    Board board(handle);
    return board.has_lane(lane) ? static_cast<std::int64_t>(board.lane(lane).load()) : -EINVAL;
}

std::int32_t bfl_board_deal(std::int64_t handle, std::int32_t lane, std::int32_t round,
                            std::int32_t attempt) noexcept {
    Board board(handle);
    if (!board.has_lane(lane) || round < 0 || attempt < 0 || attempt > 0xff) {
        return -EINVAL;
    }
    Word w = board.lane(lane).load();
    const bool dealt = state_of(w) == BFL_LANE_FREE
                       && board.lane(lane).compare_exchange_strong(w, word(round, attempt, 0, BFL_LANE_READY));
    return dealt ? 0 : -EBUSY;
}

std::int32_t bfl_board_announce(std::int64_t handle, std::int32_t count) noexcept {
    Board board(handle);
    Header& h = board.header();
    h.work.value.fetch_add(1);
    if (count_sleepers(board) > 0) {
        futex_wake(h.work.value, count);
    }
    return 0;
}

std::int32_t bfl_board_set_head(std::int64_t handle, std::int32_t lane) noexcept {
    Board board(handle);
    if (!board.has_lane(lane)) {
        return -EINVAL;
    }
    board.header().head.store(lane, std::memory_order_relaxed);
    return 0;
}

std::int32_t bfl_board_await(std::int64_t handle, std::int32_t lane, std::int32_t millis) noexcept {
    Board board(handle);
    if (!board.has_lane(lane)) {
        return -EINVAL;
    }
    Header& h = board.header();
    for (int i = 0; i < board.spins() && pending(state_of(board.lane(lane).load())); i++) {
        pause_briefly();
    }
    const std::uint32_t seen = h.result.value.load();
    h.wanted.store(lane);
    if (pending(state_of(board.lane(lane).load()))) {
        futex_wait(h.result.value, seen, static_cast<std::int64_t>(millis) * 1000000);
    }
    h.wanted.store(no_lane);
    return state_of(board.lane(lane).load());
}

std::int32_t bfl_board_await_any(std::int64_t handle, std::int32_t millis) noexcept {
    Board board(handle);
    Header& h = board.header();
    for (int i = 0; i < board.spins() && millis > 0 && find(board, ended) < 0; i++) {
        pause_briefly();
    }
    if (millis > 0 && find(board, ended) < 0) {
        const std::uint32_t seen = h.result.value.load();
        h.wanted.store(any_lane);
        if (find(board, ended) < 0) {
            futex_wait(h.result.value, seen, static_cast<std::int64_t>(millis) * 1000000);
        }
        h.wanted.store(no_lane);
    }
    return find(board, done);
}

std::int32_t bfl_board_failure(std::int64_t handle) noexcept {
    return find(Board(handle), failed);
}

std::int32_t bfl_board_await_alert(std::int64_t handle, std::int32_t millis) noexcept {
    Header& h = Board(handle).header();
    futex_wait(h.result.value, h.result.value.load(), static_cast<std::int64_t>(millis) * 1000000);
    return 0;
}

std::int32_t bfl_board_alert(std::int64_t handle) noexcept {
    wake_parent(Board(handle).header());
    return 0;
}

std::int32_t bfl_board_release(std::int64_t handle, std::int32_t lane) noexcept {
    Board board(handle);
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

std::int32_t bfl_board_lose(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    int lost = 0;
    for (int lane = 0; lane < board.lanes(); lane++) {
        Word w = board.lane(lane).load();
        if (state_of(w) == BFL_LANE_CLAIMED && worker_of(w) == worker
            && board.lane(lane).compare_exchange_strong(w, with_state(w, BFL_LANE_LOST))) {
            lost++;
        }
    }
    board.worker(worker).sleeping.store(0);
    board.worker(worker).written_file.store(0);
    board.worker(worker).status.store(BFL_WORKER_STARTING);
    wake_parent(board.header());
    return lost;
}

std::int32_t bfl_board_set_stop(std::int64_t handle, std::int32_t mask, std::int32_t on) noexcept {
    if (mask <= 0) {
        return -EINVAL;
    }
    std::atomic<std::uint32_t>& stop = Board(handle).header().stop;
    if (on != 0) {
        stop.fetch_or(static_cast<std::uint32_t>(mask));
    } else {
        stop.fetch_and(~static_cast<std::uint32_t>(mask));
    }
    return 0;
}

std::int32_t bfl_board_shut_down(std::int64_t handle) noexcept {
    Header& h = Board(handle).header();
    h.shutdown.store(1);
    h.work.value.fetch_add(1);
    futex_wake(h.work.value, INT_MAX);
    return 0;
}

std::int32_t bfl_board_worker_status(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    const std::uint32_t status = board.worker(worker).status.load();
    return status <= BFL_WORKER_REFUSED ? static_cast<int>(status) : -EPROTO;
}

std::int64_t bfl_board_beats(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    return board.has_worker(worker) ? static_cast<std::int64_t>(board.worker(worker).beats.load() & INT64_MAX) : -EINVAL;
}

std::int64_t bfl_board_written_file(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    return board.has_worker(worker) ? static_cast<std::int64_t>(board.worker(worker).written_file.load() & INT64_MAX)
                                    : -EINVAL;
}

std::int64_t bfl_board_written_offset(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    return board.has_worker(worker) ? static_cast<std::int64_t>(board.worker(worker).written_offset.load() & INT64_MAX)
                                    : -EINVAL;
}

std::int32_t bfl_board_note_write(std::int64_t handle, std::int32_t worker, std::int64_t inode,
                                  std::int64_t offset) noexcept {
    Board board(handle);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    board.worker(worker).written_offset.store(static_cast<std::uint64_t>(offset));
    board.worker(worker).written_file.store(static_cast<std::uint64_t>(inode));
    return 0;
}

std::int32_t bfl_board_report(std::int64_t handle, std::int32_t worker, std::int32_t status) noexcept {
    Board board(handle);
    if (!board.has_worker(worker) || (status != BFL_WORKER_READY && status != BFL_WORKER_REFUSED)) {
        return -EINVAL;
    }
    board.worker(worker).status.store(static_cast<std::uint32_t>(status));
    wake_parent(board.header());
    return 0;
}

std::int32_t bfl_board_claim(std::int64_t handle, std::int32_t worker, std::int32_t millis) noexcept {
    Board board(handle);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    Header& h = board.header();
    int lane = claim_or_end(board, worker);
    for (int i = 0; i < board.spins() && lane == -EAGAIN; i++) {
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

std::int32_t bfl_board_commit(std::int64_t handle, std::int32_t lane, std::int64_t claimed,
                              std::int32_t state) noexcept {
    Board board(handle);
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
    const int wanted = h.wanted.load();
    if (state == BFL_LANE_FAILED || wanted == lane || wanted == any_lane) {
        wake_parent(h);
    }
    return 0;
}

std::int32_t bfl_board_stop(std::int64_t handle) noexcept {
    return static_cast<std::int32_t>(Board(handle).header().stop.load());
}

std::int32_t bfl_board_is_shut_down(std::int64_t handle) noexcept {
    return Board(handle).header().shutdown.load() != 0 ? 1 : 0;
}

std::int32_t bfl_board_beat(std::int64_t handle, std::int32_t worker) noexcept {
    Board board(handle);
    if (!board.has_worker(worker)) {
        return -EINVAL;
    }
    board.worker(worker).beats.fetch_add(1, std::memory_order_relaxed);
    return 0;
}
