/* One arbitrary call of the job board, and what must hold of its result whatever lies in the board's memory. */
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "bfl_board.h"
#include "input.h"

namespace fuzz {

/** The calls by number, which is the first byte of each call in an input. */
enum Call : std::uint8_t {
    deal,
    announce,
    set_head,
    await,
    await_any,
    failure,
    await_alert,
    alert,
    release,
    lose,
    set_stop,
    shut_down,
    worker_status,
    beats,
    report,
    claim,
    commit,
    stop_bits,
    beat,
    areas,
    scribble,
    calls
};

class BoardCalls {
public:
    BoardCalls(std::int64_t handle, const Memory& memory)
        : handle_(handle),
          memory_(memory),
          workers_(bfl_board_workers(handle)),
          lanes_(bfl_board_lanes(handle)),
          area_bytes_(bfl_board_area_bytes(handle)) {}

    void call(Input& in) {
        switch (in.byte() % calls) {
            case deal: {
                const auto lane = in.argument<std::int32_t>();
                const auto round = in.argument<std::int32_t>();
                bfl_board_deal(handle_, lane, round, in.argument<std::int32_t>());
                break;
            }
            case announce: bfl_board_announce(handle_, in.argument<std::int32_t>()); break;
            case set_head: bfl_board_set_head(handle_, in.argument<std::int32_t>()); break;
            case await: {
                const auto lane = in.argument<std::int32_t>();
                const std::int32_t state = bfl_board_await(handle_, lane, millis(in));
                EXPECT(has_lane(lane) ? state >= 0 && state <= 0xff : state == -EINVAL);
                break;
            }
            case await_any: expect_lane(bfl_board_await_any(handle_, millis(in)), -ENOENT); break;
            case failure: expect_lane(bfl_board_failure(handle_), -ENOENT); break;
            case await_alert: EXPECT(bfl_board_await_alert(handle_, millis(in)) == 0); break;
            case alert: EXPECT(bfl_board_alert(handle_) == 0); break;
            case release: bfl_board_release(handle_, in.argument<std::int32_t>()); break;
            case lose: {
                const std::int32_t lost = bfl_board_lose(handle_, in.argument<std::int32_t>());
                EXPECT(lost == -EINVAL || (lost >= 0 && lost <= lanes_));
                break;
            }
            case set_stop: {
                const auto mask = in.argument<std::int32_t>();
                EXPECT(bfl_board_set_stop(handle_, mask, in.byte() & 1) == (mask > 0 ? 0 : -EINVAL));
                break;
            }
            case shut_down: {
                EXPECT(bfl_board_shut_down(handle_) == 0);
                EXPECT(bfl_board_is_shut_down(handle_) == 1);
                break;
            }
            case worker_status: {
                const auto worker = in.argument<std::int32_t>();
                const std::int32_t status = bfl_board_worker_status(handle_, worker);
                EXPECT(status == (has_worker(worker) ? -EPROTO : -EINVAL)
                       || (status >= BFL_WORKER_STARTING && status <= BFL_WORKER_REFUSED));
                break;
            }
            case beats: {
                const auto worker = in.argument<std::int32_t>();
                EXPECT(has_worker(worker) == (bfl_board_beats(handle_, worker) >= 0));
                EXPECT(has_worker(worker) == (bfl_board_written_file(handle_, worker) >= 0));
                EXPECT(has_worker(worker) == (bfl_board_written_offset(handle_, worker) >= 0));
                break;
            }
            case report: {
                const auto worker = in.argument<std::int32_t>();
                bfl_board_report(handle_, worker, in.argument<std::int32_t>());
                break;
            }
            case claim: {
                const auto worker = in.argument<std::int32_t>();
                const std::int32_t lane = bfl_board_claim(handle_, worker, millis(in));
                EXPECT(lane == -EAGAIN || lane == -ESHUTDOWN || has_worker(worker) == has_lane(lane));
                break;
            }
            case commit: {
                const auto lane = in.argument<std::int32_t>();
                const std::int64_t claimed = in.byte() & 1 ? bfl_board_word(handle_, lane) : in.argument<std::int64_t>();
                const std::int32_t state = in.argument<std::int32_t>();
                const std::int32_t result = bfl_board_commit(handle_, lane, claimed, state);
                EXPECT(result != 0 || (bfl_board_word(handle_, lane) & 0xff) == state);
                break;
            }
            case stop_bits: bfl_board_stop(handle_); break;
            case beat: bfl_board_beat(handle_, in.argument<std::int32_t>()); break;
            case areas: fill_area(in); break;
            default: write_anywhere(in); break;
        }
        expect_sizes();
    }

private:
    bool has_worker(std::int32_t worker) const { return worker >= 0 && worker < workers_; }
    bool has_lane(std::int32_t lane) const { return lane >= 0 && lane < lanes_; }

    void expect_lane(std::int32_t lane, std::int32_t error) const { EXPECT(lane == error || has_lane(lane)); }

    /** Checks that the sizes are those at opening. */
    void expect_sizes() const {
        EXPECT(bfl_board_workers(handle_) == workers_);
        EXPECT(bfl_board_lanes(handle_) == lanes_);
        EXPECT(bfl_board_area_bytes(handle_) == area_bytes_);
    }

    /** Short waits, or none, because their length is not tested. */
    static std::int32_t millis(Input& in) {
        static constexpr std::int32_t choices[] = {0, -1, std::numeric_limits<std::int32_t>::min(), 1};
        return choices[in.byte() % 4];
    }

    void fill_area(Input& in) {
        const auto index = in.argument<std::int32_t>();
        const std::uint8_t value = in.byte();
        fill(bfl_board_setup_area(handle_), true, value);
        fill(bfl_board_round_area(handle_), true, value);
        fill(bfl_board_worker_area(handle_, index), has_worker(index), value);
        fill(bfl_board_job_area(handle_, index), has_lane(index), value);
        fill(bfl_board_result_area(handle_, index), has_lane(index), value);
    }

    void fill(std::int64_t area, bool exists, std::uint8_t value) const {
        if (!exists) {
            EXPECT(area == -EINVAL);
            return;
        }
        EXPECT(memory_.holds(area, area_bytes_));
        std::memset(bfl::at<void>(area), value, static_cast<std::size_t>(area_bytes_));
    }

    /** Corrupts the board as another process might. */
    void write_anywhere(Input& in) {
        const std::size_t at = in.integer<std::uint32_t>() % static_cast<std::size_t>(memory_.bytes());
        const std::size_t room = static_cast<std::size_t>(memory_.bytes()) - at;
        const auto value = in.argument<std::int64_t>();
        std::memcpy(memory_.data() + at, &value, room < sizeof value ? room : sizeof value);
    }

    std::int64_t handle_;
    const Memory& memory_;
    std::int32_t workers_;
    std::int32_t lanes_;
    std::int32_t area_bytes_;
};

/** Makes the calls in the input, up to a limit. */
inline void run_calls(std::int64_t handle, const Memory& memory, Input& in) {
    BoardCalls board(handle, memory);
    for (int i = 0; i < 200 && !in.empty(); i++) {
        board.call(in);
    }
}

}  // namespace fuzz
