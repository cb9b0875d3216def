// The job board: how a parent deals jobs to worker processes through one piece of shared memory.
//
// A board has lanes. A lane holds one outstanding job: its word, a job area (parent to worker) and a result area (worker
// to parent). The word changes by compare-and-set only. Its round is the number of the message in the round area:
//
//     FREE ---- deal (parent) ----> READY ---- claim (worker) ----> CLAIMED ---- commit (worker) ----> DONE | FAILED
//      ^                              |                                |                                 |
//      |                              |                                +- lose (parent, after the worker's|
//      |                              |                                |  process has ended)             |
//      |                              |                                v                                 |
//      +----- release (parent) <------+------------------------------ LOST <-----------------------------+
//
// The caller gives up a job whose lane is FAILED or LOST (release), or tries it again in the same lane: release, then deal
// with attempt + 1. If a failed client may still write to its slot, the worker says so in the result, and its process
// must end before the lane is released. Besides lanes, a board has
//
//   head      the lane of the oldest unclaimed job, set by the parent; claims begin there
//   stop      one bit for each reason to end clients early
//   shutdown  set once: workers must end
//   for each worker: written  the read-only place that the worker's process wrote to, which ended it
//                    status   STARTING --- report (worker) ---> READY | REFUSED --- lose (parent) ---> STARTING
//                    beats    a counter that the worker increments while it lives
//
// Invariants, with their tests (native/test: board_test.cpp tests each alone, board_race_test.cpp all at once under
// ThreadSanitizer; native/fuzz: board_*_fuzz.cpp for I12):
//
//   I1   A word changes only along the arrows, by compare-and-set.
//   I2   An area belongs to the side that makes the lane's next step. The word hands it over: the claimant sees the whole
//        job of the word's round and attempt, a reader of DONE or FAILED its whole result.
//   I3   A dealt job is claimed at most once.
//   I4   A commit succeeds only from the committer's own CLAIMED word, including round and attempt, and once. So the
//        result of a lost worker is never taken for that of a later attempt.
//   I5   Only the parent frees a lane, and a CLAIMED lane only by LOST, after the worker's process has ended. So nothing
//        can still write to the areas or slot of a FREE lane.
//   I6   The attempts of a job have different words. Only the last attempt's result is taken.
//   I7   Claims begin at the head and wrap around, so jobs start in the order in which they were dealt.
//   I8   No wake-up is lost: a waiter reads the futex word, checks the lanes again and then sleeps; whoever changes the
//        condition increments the futex word.
//   I9   A death at any point requires repair only of the lane that the worker had claimed, because all state is in the
//        words.
//   I10  Stop bits are independent: setting or clearing one leaves the others.
//   I11  Beats never decrease, and a status changes only as above.
//   I12  Whatever other processes write to the board, every call returns, and never gives an address outside the board or
//        a lane, worker or status that does not exist. Other states and numbers may be wrong.
//
// Addresses and handles are int64_t; `board` is a handle. Functions return at least 0, or a negative errno.
#pragma once

#include "blazefl4j.h"

// A lane's word:
//
//     63                                32 31           24 23                        8 7             0
//    +------------------------------------+---------------+---------------------------+---------------+
//    | round                              | attempt       | worker                    | state         |
//    +------------------------------------+---------------+---------------------------+---------------+
#define BFL_WORD_WORKER_BIT 8
#define BFL_WORD_ATTEMPT_BIT 24
#define BFL_WORD_ROUND_BIT 32
#define BFL_WORD_STATE_MASK 0xff
#define BFL_WORD_WORKER_MASK 0xffff
#define BFL_WORD_ATTEMPT_MASK 0xff

#define BFL_LANE_FREE 0
#define BFL_LANE_READY 1
#define BFL_LANE_CLAIMED 2
#define BFL_LANE_DONE 3
#define BFL_LANE_FAILED 4
#define BFL_LANE_LOST 5

#define BFL_WORKER_STARTING 0
#define BFL_WORKER_READY 1
#define BFL_WORKER_REFUSED 2

// The layout of a board. Fields that different processes write often have separate cache lines.
//
//      0        8         12        16      20           24
//     +--------+---------+---------+-------+------------+-------+-----------------------------------+
//   0 | magic  | version | workers | lanes | area_bytes | spins | (to the end of the cache line)    |
//     +--------+---------+---------+-------+------------+-------+-----------------------------------+
//  64 | work: a futex word, on which workers wait for jobs                                          |
//     +---------------------------------------------------------------------------------------------+
// 128 | result: a futex word, on which the parent waits                                             |
//     +---------------------------------------------------------------------------------------------+
// 192 | wanted: the lane that the parent waits for, -2 for any, or -1                               |
//     +---------------------------------------------------------------------------------------------+
// 256 | head                                                                                        |
//     +---------------------------------------------------------------------------------------------+
// 320 | stop (4), shutdown (4)                                                                      |
//     +---------------------------------------------------------------------------------------------+
// 384 | records of workers, 64 bytes: status (4), sleeping (4), beats (8), file (8), offset (8)     |
//     +---------------------------------------------------------------------------------------------+
//     | for each lane: its word (8); all rounded up to 64 bytes                                     |
//     +---------------------------------------------------------------------------------------------+
//     | areas that workers write: one for each worker, one for each lane's result                   |
//     +---------------------------------------------------------------------------------------------+
//     | areas that only the parent writes, page-aligned: setup, round, one for each lane's job      |
//     +---------------------------------------------------------------------------------------------+
//
// AreaLayout.java describes the areas.
#define BFL_BOARD_MAGIC_OFFSET 0
#define BFL_BOARD_VERSION_OFFSET 8
#define BFL_BOARD_WORKERS_OFFSET 12
#define BFL_BOARD_LANES_OFFSET 16
#define BFL_BOARD_AREA_BYTES_OFFSET 20
#define BFL_BOARD_SPINS_OFFSET 24
#define BFL_BOARD_WORK_OFFSET 64
#define BFL_BOARD_RESULT_OFFSET 128
#define BFL_BOARD_WANTED_OFFSET 192
#define BFL_BOARD_HEAD_OFFSET 256
#define BFL_BOARD_STOP_OFFSET 320
#define BFL_BOARD_RECORDS_OFFSET 384
#define BFL_BOARD_RECORD_BYTES 64

// Returns the size of a board in bytes. area_bytes is a multiple of 64. -EINVAL: a number is out of range.
BFL_API int64_t bfl_board_bytes(int32_t workers, int32_t lanes, int32_t area_bytes) BFL_NOEXCEPT;

// Lays out a board in zeroed memory. A waiter polls `spins` times before it sleeps; use 0 if cores are scarce.
BFL_API int32_t bfl_board_create(int64_t address, int64_t bytes, int32_t workers, int32_t lanes, int32_t area_bytes,
                                 int32_t spins) BFL_NOEXCEPT;

// Returns a handle for the board in this memory. -EPROTO: there is no board of this version that fits into `bytes`. Reads
// the sizes only here, so later writes of other processes can cause wrong states but not wrong addresses.
BFL_API int64_t bfl_board_open(int64_t address, int64_t bytes) BFL_NOEXCEPT;

// Frees the handle, not the memory.
BFL_API int32_t bfl_board_close(int64_t board) BFL_NOEXCEPT;

// Return the sizes of the board.
BFL_API int32_t bfl_board_workers(int64_t board) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_lanes(int64_t board) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_area_bytes(int64_t board) BFL_NOEXCEPT;

// Return the addresses of areas: two from the parent to all workers (at their start and for each round), one for each
// worker (to the parent, before bfl_board_report) and two for each lane.
BFL_API int64_t bfl_board_setup_area(int64_t board) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_round_area(int64_t board) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_worker_area(int64_t board, int32_t worker) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_job_area(int64_t board, int32_t lane) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_result_area(int64_t board, int32_t lane) BFL_NOEXCEPT;

// Makes the areas that only the parent writes read-only in this process. The board must be page-aligned.
BFL_API int32_t bfl_board_protect(int64_t board) BFL_NOEXCEPT;

// Returns the lane's word, with acquire semantics.
BFL_API int64_t bfl_board_word(int64_t board, int32_t lane) BFL_NOEXCEPT;

// ---- Parent ----

// FREE -> READY. -EBUSY: the lane is not free. bfl_board_announce wakes workers.
BFL_API int32_t bfl_board_deal(int64_t board, int32_t lane, int32_t round, int32_t attempt) BFL_NOEXCEPT;

// Wakes up to `count` waiting workers.
BFL_API int32_t bfl_board_announce(int64_t board, int32_t count) BFL_NOEXCEPT;

// Sets the lane where claims begin.
BFL_API int32_t bfl_board_set_head(int64_t board, int32_t lane) BFL_NOEXCEPT;

// Waits until the lane has left READY and CLAIMED, a lane fails, bfl_board_alert is called or the time is up. Returns the
// lane's state.
BFL_API int32_t bfl_board_await(int64_t board, int32_t lane, int32_t millis) BFL_NOEXCEPT;

// Waits until a job is done, a lane fails, bfl_board_alert is called or the time is up. Returns the lane of a job that is
// done. -ENOENT: there is none.
BFL_API int32_t bfl_board_await_any(int64_t board, int32_t millis) BFL_NOEXCEPT;

// Returns the lane of a failed or lost job. -ENOENT: there is none.
BFL_API int32_t bfl_board_failure(int64_t board) BFL_NOEXCEPT;

// Waits until a worker reports, a lane fails, bfl_board_alert is called or the time is up.
BFL_API int32_t bfl_board_await_alert(int64_t board, int32_t millis) BFL_NOEXCEPT;

// Wakes bfl_board_await and bfl_board_await_alert. Callable from any thread and process.
BFL_API int32_t bfl_board_alert(int64_t board) BFL_NOEXCEPT;

// READY, DONE, FAILED or LOST -> FREE: revokes, takes or gives up the job. -EBUSY: the lane is in another state.
BFL_API int32_t bfl_board_release(int64_t board, int32_t lane) BFL_NOEXCEPT;

// CLAIMED by this worker -> LOST in all lanes, and resets its status. Its process must have ended. Returns the number of
// lanes.
BFL_API int32_t bfl_board_lose(int64_t board, int32_t worker) BFL_NOEXCEPT;

// Tells all workers to end.
BFL_API int32_t bfl_board_shut_down(int64_t board) BFL_NOEXCEPT;

// Returns a worker's status. -EPROTO: the memory holds none.
BFL_API int32_t bfl_board_worker_status(int64_t board, int32_t worker) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_beats(int64_t board, int32_t worker) BFL_NOEXCEPT;

// Return the inode of the read-only file whose write ended a worker, and the offset of the write; 0: it ended otherwise. For
// a worker whose process has ended, before bfl_board_lose.
BFL_API int64_t bfl_board_written_file(int64_t board, int32_t worker) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_written_offset(int64_t board, int32_t worker) BFL_NOEXCEPT;

// ---- Parent and worker ----

// Sets or clears the bits in `mask`: reasons for clients to end early, any bits but the sign.
BFL_API int32_t bfl_board_set_stop(int64_t board, int32_t mask, int32_t on) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_stop(int64_t board) BFL_NOEXCEPT;

// ---- Worker ----

// Reports to the parent, and wakes it, that the worker is ready or refuses to work. Its area must be written.
BFL_API int32_t bfl_board_report(int64_t board, int32_t worker, int32_t status) BFL_NOEXCEPT;

// Claims the oldest ready job: READY -> CLAIMED. Waits up to `millis` for one. Returns the lane. -EAGAIN: the time is up.
// -ESHUTDOWN: workers must end.
BFL_API int32_t bfl_board_claim(int64_t board, int32_t worker, int32_t millis) BFL_NOEXCEPT;

// CLAIMED by this worker -> DONE or FAILED, after a fence for non-temporal stores. -ESTALE: it has lost the claim.
BFL_API int32_t bfl_board_commit(int64_t board, int32_t lane, int64_t claimed, int32_t state) BFL_NOEXCEPT;

// Installs a handler of SIGSEGV for the life of this process. A write to a file without a name, as segments and boards are,
// that is mapped shared and read-only is recorded on the board and ends the process at once with exit value 139. Other
// faults go to the previous handler. A second call only changes board and worker.
BFL_API int32_t bfl_board_trap_writes(int64_t board, int32_t worker) BFL_NOEXCEPT;

// Records such a write. Async-signal-safe.
BFL_API int32_t bfl_board_note_write(int64_t board, int32_t worker, int64_t inode, int64_t offset) BFL_NOEXCEPT;

BFL_API int32_t bfl_board_is_shut_down(int64_t board) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_beat(int64_t board, int32_t worker) BFL_NOEXCEPT;
