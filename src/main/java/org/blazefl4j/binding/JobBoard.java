package org.blazefl4j.binding;

import org.bytedeco.javacpp.annotation.Name;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The functions and constants of {@code native/include/bfl_board.h}, which documents them. A negative result is an
 * errno.
 */
@Platform(include = "bfl_board.h", library = "jniblazefl4j")
@NoException
public final class JobBoard {

    static {
        NativeLoader.loadOwn();
    }

    public static final int LANE_FREE = 0;
    public static final int LANE_READY = 1;
    public static final int LANE_CLAIMED = 2;
    public static final int LANE_DONE = 3;
    public static final int LANE_FAILED = 4;
    public static final int LANE_LOST = 5;
    public static final int WORKER_STARTING = 0;
    public static final int WORKER_READY = 1;
    public static final int WORKER_REFUSED = 2;
    public static final int WORD_WORKER_BIT = 8;
    public static final int WORD_ATTEMPT_BIT = 24;
    public static final int WORD_ROUND_BIT = 32;
    public static final long WORD_STATE_MASK = 0xff;
    public static final long WORD_WORKER_MASK = 0xffff;
    public static final long WORD_ATTEMPT_MASK = 0xff;

    private JobBoard() {}

    @Name("bfl_board_bytes")
    public static native long bytes(int workers, int lanes, int areaBytes);

    @Name("bfl_board_create")
    public static native int create(long address, long bytes, int workers, int lanes, int areaBytes, int spins);

    @Name("bfl_board_open")
    public static native long open(long address, long bytes);

    @Name("bfl_board_close")
    public static native int close(long board);

    @Name("bfl_board_workers")
    public static native int workers(long board);

    @Name("bfl_board_lanes")
    public static native int lanes(long board);

    @Name("bfl_board_area_bytes")
    public static native int areaBytes(long board);

    @Name("bfl_board_setup_area")
    public static native long setupArea(long board);

    @Name("bfl_board_round_area")
    public static native long roundArea(long board);

    @Name("bfl_board_worker_area")
    public static native long workerArea(long board, int worker);

    @Name("bfl_board_job_area")
    public static native long jobArea(long board, int lane);

    @Name("bfl_board_result_area")
    public static native long resultArea(long board, int lane);

    @Name("bfl_board_protect")
    public static native int protect(long board);

    @Name("bfl_board_word")
    public static native long word(long board, int lane);

    @Name("bfl_board_deal")
    public static native int deal(long board, int lane, int round, int attempt);

    @Name("bfl_board_announce")
    public static native int announce(long board, int count);

    @Name("bfl_board_set_head")
    public static native int setHead(long board, int lane);

    @Name("bfl_board_await")
    public static native int await(long board, int lane, int millis);

    @Name("bfl_board_await_any")
    public static native int awaitAny(long board, int millis);

    @Name("bfl_board_failure")
    public static native int failure(long board);

    @Name("bfl_board_await_alert")
    public static native int awaitAlert(long board, int millis);

    @Name("bfl_board_alert")
    public static native int alert(long board);

    @Name("bfl_board_release")
    public static native int release(long board, int lane);

    @Name("bfl_board_lose")
    public static native int lose(long board, int worker);

    @Name("bfl_board_set_stop")
    public static native int setStop(long board, int mask, int on);

    @Name("bfl_board_shut_down")
    public static native int shutDown(long board);

    @Name("bfl_board_worker_status")
    public static native int workerStatus(long board, int worker);

    @Name("bfl_board_beats")
    public static native long beats(long board, int worker);

    @Name("bfl_board_written_file")
    public static native long writtenFile(long board, int worker);

    @Name("bfl_board_written_offset")
    public static native long writtenOffset(long board, int worker);

    @Name("bfl_board_trap_writes")
    public static native int trapWrites(long board, int worker);

    @Name("bfl_board_report")
    public static native int report(long board, int worker, int status);

    @Name("bfl_board_claim")
    public static native int claim(long board, int worker, int millis);

    @Name("bfl_board_commit")
    public static native int commit(long board, int lane, long claimed, int state);

    @Name("bfl_board_stop")
    public static native int stop(long board);

    @Name("bfl_board_is_shut_down")
    public static native int isShutDown(long board);

    @Name("bfl_board_beat")
    public static native int beat(long board, int worker);
}
