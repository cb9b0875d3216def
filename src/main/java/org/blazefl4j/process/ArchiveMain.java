package org.blazefl4j.process;

import org.blazefl4j.torch.IntraOpThreads;

/**
 * The main class of the process that creates the class archive. It starts as a worker does and then exits; the JVM
 * archives the classes loaded by then.
 */
public final class ArchiveMain {

    private ArchiveMain() {}

    /**
     * Prepares a worker and exits.
     *
     * @param args the arguments of a worker
     */
    public static void main(String[] args) throws Exception {
        WorkerMain.endWithParent(WorkerMain.segment(args).pid());
        try (Board board = Board.open(WorkerMain.segment(args))) {
            WorkerSetup setup = WorkerMain.setup(board);
            try (IntraOpThreads scope = IntraOpThreads.scope(setup.settings().intraOpThreads())) {
                WorkerMain.prepared(board, 0, setup);
            }
        }
    }
}
