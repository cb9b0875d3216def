package org.blazefl4j.process;

import org.blazefl4j.codec.PackageDecoder;
import org.blazefl4j.codec.PackageEncoder;
import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.worker.RemoteError;

/** Start-up report of a worker that cannot work. */
final class StartupReport {

    private StartupReport() {}

    /** Worker: reports why it cannot work. */
    static void refuse(Board board, int worker, Throwable reason) {
        try (Outbox outbox = new Outbox(board.workerArea(worker), new PackageEncoder())) {
            outbox.send(RemoteError.of(reason).brief(), new CopyPlacer(new SharedMemoryMap()));
            board.report(worker, Board.Status.REFUSED);
        }
    }

    /** Parent: returns the exception for a worker that refused. */
    static IllegalStateException refusal(Board board, int worker) {
        PackageDecoder decoder = new PackageDecoder(StartupReport.class.getClassLoader());
        RemoteError error = new Inbox(board.workerArea(worker), decoder)
                .receive(new SegmentCache())
                .graph(RemoteError.class);
        return new IllegalStateException(
                "worker does not start: worker=" + worker + "; " + error.toException(), error.toException());
    }
}
