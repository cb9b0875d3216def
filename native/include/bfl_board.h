// The job board: how a parent deals jobs to worker processes through one piece of shared memory.
//
// A board has lanes. A lane holds one outstanding job: its word, a job area (parent to worker) and a result area
// (worker to parent). The word changes by compare-and-set only; round
// is a number that the parent gives each message in the round area:
//
//     FREE ---- deal (parent) ----> READY ---- claim (worker) ----> CLAIMED ---- commit (worker) ----> DONE | FAILED
//      ^                              |                                |                                 |
//      |                              |                                +- lose (parent, after the worker |
//      |                              |                                |  process was waited for)        |
//      |                              |                                v                                 |
//      +----- release (parent) <------+------------------------------ LOST <-----------------------------+
//
// What the caller makes of it: a job whose lane is FAILED or LOST is given up (release), or tried again in the same lane:
// release, then deal with attempt + 1. Where a client failed and may still write to its slot, the worker says so in the
// result, and is ended and waited for before the lane is released. Beside the lanes a board has
//
//   head      the lane of the oldest job that was not handed over; the parent sets it, claims begin there
//   stop      one bit for each reason to end clients early
//   shutdown  set once: workers are to end
//   of each worker: written  where the worker's process wrote to what is read-only, and ended
//                   status   STARTING --- hello (worker) ---> READY | REFUSED --- lose (parent) ---> STARTING
//                   beats    counted by the worker as long as it lives
//
// What holds at all times, and which tests look at it (native/test: board_test.cpp for each alone, board_race_test.cpp
// for all of them at once under ThreadSanitizer; native/fuzz: board_*_fuzz.cpp for I12):
//
//   I1   A word changes along the arrows only, by compare-and-set.
//   I2   An area belongs to the side that may make the lane's next step, and the word hands it over: who claims sees the
//        whole job of the word's round and attempt, who finds DONE or FAILED the whole result of it.
//   I3   A dealt job is claimed once at the most.
//   I4   A commit succeeds only from the committer's own CLAIMED word, round and attempt included, and once: what a lost
//        worker left undone can never be taken for a result of a later attempt.
//   I5   Nobody but the parent frees a lane, and a CLAIMED one only by way of LOST, after the worker's process was
//        waited for: nothing can still write to the areas, or to the slot, of a lane that is FREE.
//   I6   Attempts of one job have different words, one after the other; what is taken is of the last.
//   I7   Claims begin at the head and go round, so that jobs start in the order in which they were dealt.
//   I8   No wake-up is missed: who waits reads the futex word, looks at the lanes again and then sleeps; who changes what
//        is waited for bumps the futex word.
//   I9   A death at any point leaves nothing to repair but the lane that the dead worker had claimed: all else that
//        matters is in the words.
//   I10  Each stop bit is its own: setting or clearing one leaves the others.
//   I11  Beats never go back, and a status goes round as above.
//   I12  Whatever other processes write to the board, every call ends, gives no address outside of it, and no lane,
//        worker or status that there is not. Other states and numbers can be wrong then.
//
// Addresses and handles are int64_t; board is a handle. Functions return 0 or more, or a negative errno value.
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

// A board in memory. What different processes write often lies on cache lines of its own.
//
//      0        8         12        16      20           24
//     +--------+---------+---------+-------+------------+-------+-----------------------------------+
//   0 | magic  | version | workers | lanes | area_bytes | spins | (to the end of the cache line)    |
//     +--------+---------+---------+-------+------------+-------+-----------------------------------+
//  64 | work: a futex word, on which workers wait for jobs                                          |
//     +---------------------------------------------------------------------------------------------+
// 128 | result: a futex word, on which the parent waits                                             |
//     +---------------------------------------------------------------------------------------------+
// 192 | wanted: the lane that the parent waits for, or -1                                           |
//     +---------------------------------------------------------------------------------------------+
// 256 | head                                                                                        |
//     +---------------------------------------------------------------------------------------------+
// 320 | stop (4), shutdown (4)                                                                      |
//     +---------------------------------------------------------------------------------------------+
// 384 | of each worker, 64 bytes: status (4), sleeping (4), beats (8), file written to (8), offset (8)|
//     +---------------------------------------------------------------------------------------------+
//     | of each lane: its word (8), all of them rounded up to 64 bytes                              |
//     +---------------------------------------------------------------------------------------------+
//     | areas that workers write: one of each worker, one of each lane's result                     |
//     +---------------------------------------------------------------------------------------------+
//     | from a page on, areas that only the parent writes: setup, round, one of each lane's job     |
//     +---------------------------------------------------------------------------------------------+
//
// What lies in an area: bfl_areas.h.

// The size in bytes of a board; each area has area_bytes bytes (a multiple of 64). -EINVAL if a number is out of range.
BFL_API int64_t bfl_board_bytes(int32_t workers, int32_t lanes, int32_t area_bytes) BFL_NOEXCEPT;

// Lays out a board in zeroed memory. spins: how often a waiter looks before it sleeps; 0 where cores are scarce.
BFL_API int32_t bfl_board_create(int64_t address, int64_t bytes, int32_t workers, int32_t lanes, int32_t area_bytes,
                                 int32_t spins) BFL_NOEXCEPT;

// A handle for the board in this memory, or -EPROTO if there is none of this version that fits into bytes. Its sizes are
// read here once and for all: what other processes write to it later can give wrong states but no wrong addresses.
BFL_API int64_t bfl_board_open(int64_t address, int64_t bytes) BFL_NOEXCEPT;

// Frees the handle; the memory stays the caller's.
BFL_API int32_t bfl_board_close(int64_t board) BFL_NOEXCEPT;

// The sizes it was made with.
BFL_API int32_t bfl_board_workers(int64_t board) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_lanes(int64_t board) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_area_bytes(int64_t board) BFL_NOEXCEPT;

// The addresses of the areas: two from the parent to all workers (what they are told at their start and in each round),
// one of each worker (worker to parent, before it says hello) and two of each lane.
BFL_API int64_t bfl_board_setup_area(int64_t board) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_round_area(int64_t board) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_worker_area(int64_t board, int32_t worker) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_job_area(int64_t board, int32_t lane) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_result_area(int64_t board, int32_t lane) BFL_NOEXCEPT;

// Makes the areas that only the parent writes read-only in this process, whose board lies at the start of a page.
BFL_API int32_t bfl_board_protect(int64_t board) BFL_NOEXCEPT;

// The lane's word, acquired.
BFL_API int64_t bfl_board_word(int64_t board, int32_t lane) BFL_NOEXCEPT;

// ---- Parent ----

// FREE -> READY. -EBUSY if the lane is not free. Workers are told by bfl_board_announce.
BFL_API int32_t bfl_board_deal(int64_t board, int32_t lane, int32_t round, int32_t attempt) BFL_NOEXCEPT;

// Wakes up to count workers that wait for work.
BFL_API int32_t bfl_board_announce(int64_t board, int32_t count) BFL_NOEXCEPT;

// Where the oldest job that was not handed over lies.
BFL_API int32_t bfl_board_set_head(int64_t board, int32_t lane) BFL_NOEXCEPT;

// Waits until the lane has left READY and CLAIMED, a lane failed, bfl_board_alert was called or the time is over;
// returns the lane's state.
BFL_API int32_t bfl_board_await(int64_t board, int32_t lane, int32_t millis) BFL_NOEXCEPT;

// The lane of the oldest failed or lost job; -ENOENT if there is none.
BFL_API int32_t bfl_board_failure(int64_t board) BFL_NOEXCEPT;

// Waits until a worker said hello, a lane failed, bfl_board_alert was called or the time is over.
BFL_API int32_t bfl_board_await_alert(int64_t board, int32_t millis) BFL_NOEXCEPT;

// Wakes who waits in bfl_board_await or bfl_board_await_alert; callable from any thread and process.
BFL_API int32_t bfl_board_alert(int64_t board) BFL_NOEXCEPT;

// READY, DONE, FAILED or LOST -> FREE: the job is revoked, taken or given up. -EBUSY if the lane is in another state.
BFL_API int32_t bfl_board_release(int64_t board, int32_t lane) BFL_NOEXCEPT;

// CLAIMED by this worker -> LOST, in all lanes; only after its process was waited for. Forgets what it said of itself.
// Returns the number of lanes.
BFL_API int32_t bfl_board_lose(int64_t board, int32_t worker) BFL_NOEXCEPT;

// Tells all workers to end.
BFL_API int32_t bfl_board_shut_down(int64_t board) BFL_NOEXCEPT;

// -EPROTO: what lies there is no status.
BFL_API int32_t bfl_board_worker_status(int64_t board, int32_t worker) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_beats(int64_t board, int32_t worker) BFL_NOEXCEPT;

// Once a worker's process was waited for, and before bfl_board_lose: the inode of the read-only file that it wrote to,
// which ended it, and where in the file. 0: it ended otherwise.
BFL_API int64_t bfl_board_written_file(int64_t board, int32_t worker) BFL_NOEXCEPT;
BFL_API int64_t bfl_board_written_offset(int64_t board, int32_t worker) BFL_NOEXCEPT;

// ---- Parent and worker ----

// Reasons for clients to end early: any bits but the sign. Sets or clears those in mask.
BFL_API int32_t bfl_board_set_stop(int64_t board, int32_t mask, int32_t on) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_stop(int64_t board) BFL_NOEXCEPT;

// ---- Worker ----

// Tells the parent that the worker is ready (or refused to work): its area is written. Wakes the parent.
BFL_API int32_t bfl_board_hello(int64_t board, int32_t worker, int32_t status) BFL_NOEXCEPT;

// Claims the oldest ready job: READY -> CLAIMED. Waits for one up to millis. Returns the lane, -EAGAIN when the time is
// over, -ESHUTDOWN when workers are to end.
BFL_API int32_t bfl_board_claim(int64_t board, int32_t worker, int32_t millis) BFL_NOEXCEPT;

// CLAIMED by this worker -> DONE or FAILED, after a fence for non-temporal stores. -ESTALE if the claim is not its own.
BFL_API int32_t bfl_board_commit(int64_t board, int32_t lane, int64_t claimed, int32_t state) BFL_NOEXCEPT;

// Takes SIGSEGV over in this process, for good: a write to a file that is mapped shared and read-only is noted on the
// board and ends the process with 139 at once. Any other fault goes to the handler that was there before.
BFL_API int32_t bfl_board_trap_writes(int64_t board, int32_t worker) BFL_NOEXCEPT;

// Notes such a write. Safe in a signal handler.
BFL_API int32_t bfl_board_note_write(int64_t board, int32_t worker, int64_t inode, int64_t offset) BFL_NOEXCEPT;

BFL_API int32_t bfl_board_is_shut_down(int64_t board) BFL_NOEXCEPT;
BFL_API int32_t bfl_board_beat(int64_t board, int32_t worker) BFL_NOEXCEPT;
