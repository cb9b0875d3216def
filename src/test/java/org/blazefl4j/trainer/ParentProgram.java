package org.blazefl4j.trainer;

import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Fault;

/** A process that uses a pool up to some stage and stays there, so that it can be killed. */
final class ParentProgram {

    /** Where the process stays. */
    enum Stage {
        /** Starting the pool: its worker is half started. */
        STARTING,
        /** Copying a large payload to shared memory. */
        PUBLISHING,
        /** Dealing jobs. */
        DEALING,
        /** Waiting for clients that train. */
        TRAINING,
        /** Waiting for a client, after which there is another. */
        TRAINING_ONE_OF_TWO,
        /** In the caller's sink. */
        IN_SINK,
        /** Collecting the packages. */
        COLLECTING,
        /** Closing the pool: its worker does not end. */
        CLOSING
    }

    private static final int FLOATS = 1000;

    /** The time of four heartbeats. */
    private static final Duration BEATS = Duration.ofSeconds(2);

    /** Copying this many takes longer than to notice the stage and kill the process. */
    private static final int MANY_FLOATS = 100 << 20;

    private final Stage stage;
    private final Path reached;

    private ParentProgram(Stage stage, Path reached) {
        this.stage = stage;
        this.reached = reached;
    }

    /**
     * Goes to the stage and stays there.
     *
     * @param args the stage, and a file that is made when it is reached
     */
    public static void main(String[] args) {
        new ParentProgram(Stage.valueOf(args[0]), Path.of(args[1])).run();
    }

    private void run() {
        Algorithm algorithm = new Algorithm(FLOATS) {
            @Override
            public Order getClientConfig(int cid) {
                stayIf(Stage.DEALING);
                return super.getClientConfig(cid);
            }

            @Override
            public Up convertBufferToUplink(Up uplink) {
                stayIf(Stage.COLLECTING);
                return uplink;
            }
        };
        if (stage == Stage.TRAINING) {
            algorithm.order(new Order(0, Action.FOR_EVER, 0, reached, null));
        }
        if (stage == Stage.TRAINING_ONE_OF_TWO) {
            algorithm.worker(ParentProgram::trainUntilTheParentIsStopped);
            algorithm.order(new Order(0, Action.ADD, 0, reached, null));
            algorithm.order(new Order(1, Action.ADD, 0, Path.of(reached + ".next"), null));
        }
        try (var trainer = trainer(algorithm)) {
            switch (stage) {
                case PUBLISHING -> {
                    reachWhenIn("begin");
                    trainer.localProcess(down(MANY_FLOATS, 0), cids(2));
                }
                case COLLECTING -> trainer.localProcess(down(FLOATS, 0), cids(2));
                case CLOSING -> {
                    trainer.awaitReady(); // so that there is a worker that does not end
                    reachWhenIn("close");
                }
                default -> trainer.localProcess(down(FLOATS, 0), cids(2), up -> stayIf(Stage.IN_SINK));
            }
        }
    }

    /** The first client runs until the parent is stopped and its worker's heartbeat thread has had time to see that. */
    private static Up trainUntilTheParentIsStopped(Order order, Down down, WorkerContext context) throws Exception {
        Up result = PoolClients.train(order, down, context);
        if (order.cid() == 0) {
            long parent = ProcessHandle.current().parent().orElseThrow().pid();
            Conditions.await("the parent is stopped", () -> Conditions.isStopped(parent));
            LockSupport.parkNanos(BEATS.toNanos());
        }
        return result;
    }

    private ProcessPoolClientTrainer<Order, Down, Up> trainer(Algorithm algorithm) {
        return new ProcessPoolClientTrainer<>(
                algorithm,
                TrainerOptions.builder()
                        .numParallels(stage == Stage.TRAINING ? 2 : 1)
                        .grace(Duration.ofHours(1))
                        .build(),
                ProcessOptions.builder().jvmArguments(faults()).build());
    }

    private List<String> faults() {
        return switch (stage) {
            case STARTING -> Fault.arguments("STARTING,file=" + reached);
            case CLOSING -> Fault.arguments("IDLE");
            default -> List.of();
        };
    }

    private void stayIf(Stage here) {
        if (stage == here) {
            reach();
            while (true) {
                LockSupport.park();
            }
        }
    }

    private void reach() {
        try {
            Files.createFile(reached);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Reaches the stage as soon as this thread is in a method of the pool. */
    private void reachWhenIn(String method) {
        Thread watched = Thread.currentThread();
        Thread watch = new Thread(() -> {
            while (Stream.of(watched.getStackTrace()).noneMatch(frame -> isOfPool(frame, method))) {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
            }
            reach();
        });
        watch.setDaemon(true);
        watch.start();
    }

    private static boolean isOfPool(StackTraceElement frame, String method) {
        return frame.getClassName().endsWith(".ProcessPool")
                && frame.getMethodName().equals(method);
    }
}
