package org.blazefl4j.trainer;

import static org.blazefl4j.trainer.PoolClients.down;

import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;

/** A process whose common pool has no free thread. The JDK would report the end of child processes there. */
final class BusyPoolProgram {

    private BusyPoolProgram() {}

    /** Prints the failure of a client that ends its worker. */
    public static void main(String[] args) {
        for (int i = 0; i < ForkJoinPool.getCommonPoolParallelism(); i++) {
            ForkJoinPool.commonPool().execute(BusyPoolProgram::parkForEver);
        }
        Algorithm algorithm = new Algorithm(10).order(0, Action.EXIT);
        try (var trainer = new ProcessPoolClientTrainer<>(
                algorithm, TrainerOptions.builder().numParallels(1).build())) {
            trainer.localProcess(down(10, 0), List.of(0));
        } catch (ClientFailedException e) {
            System.out.println(e.getMessage());
        }
    }

    private static void parkForEver() {
        while (true) {
            LockSupport.park();
        }
    }
}
