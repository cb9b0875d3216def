package org.blazefl4j.process;

import org.blazefl4j.torch.IntraOpThreads;

/**
 * The main class of the process whose classes become the archive: it starts as a worker does, and ends instead of
 * working. The JVM archives what was loaded by then.
 */
public final class ArchiveMain {

    private ArchiveMain() {}

    /**
     * Starts as a worker does.
     *
     * @param args a worker's; the board is only read
     */
    public static void main(String[] args) throws Exception {
        WorkerMain.dieWith(WorkerMain.segment(args).pid());
        try (Board board = Board.open(WorkerMain.segment(args))) {
            WorkerSetup setup = WorkerMain.setup(board);
            try (IntraOpThreads scope = IntraOpThreads.scope(setup.settings().intraOpThreads())) {
                WorkerMain.prepared(board, 0, setup);
            }
        }
    }
}
