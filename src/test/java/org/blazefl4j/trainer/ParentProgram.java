package org.blazefl4j.trainer;

import static org.blazefl4j.trainer.PoolClients.down;

import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Order;

/** A process whose workers are busy for ever, so that it can be killed over them. */
final class ParentProgram {

    private ParentProgram() {}

    /**
     * Prints the workers' process ids, then trains for ever.
     *
     * @param args a file that is made when the first client has started
     */
    public static void main(String[] args) {
        Algorithm algorithm = new Algorithm(1000);
        algorithm.order(new Order(0, Action.FOR_EVER, 0, Path.of(args[0]), null));
        try (var trainer = new ProcessPoolClientTrainer<>(
                algorithm, TrainerOptions.builder().numParallels(2).build())) {
            trainer.workerPids().forEach(System.out::println);
            trainer.localProcess(down(1000, 0), List.of(0, 1));
        }
    }
}
