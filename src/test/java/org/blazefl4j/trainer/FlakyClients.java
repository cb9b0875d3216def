package org.blazefl4j.trainer;

import static org.blazefl4j.torch.Elements.floats;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RandomStreams;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients that fail a planned number of times, and then return what they would have returned at once: the payload plus
 * their id, random numbers, and a hundred times the number of their earlier rounds. A folder that all processes see
 * counts the attempts, because a failed attempt may leave nothing in its worker.
 */
final class FlakyClients implements ClientAlgorithm<FlakyClients.Order, FlakyClients.Down, FlakyClients.Up> {

    /** How a client fails, after it has written a wrong result and a wrong state. */
    enum How {
        THROW,
        /** Kills its process by SIGKILL. */
        DIE
    }

    record Order(int cid, int failures, How how, Path attempts) {}

    record Down(Tensor value) {}

    record Up(int cid, Tensor value) implements AutoCloseable {
        @Override
        public void close() {
            value.close();
        }
    }

    static final int LENGTH = 1000;
    static final long SEED = 11;
    static final String PURPOSE = "noise";

    private final Path folder;
    private final Map<Integer, Order> orders = new HashMap<>();
    private int plans;

    /** Counts attempts in the folder. */
    FlakyClients(Path folder) {
        this.folder = folder;
    }

    /** Sets how often clients fail from now on; others do not fail. */
    void plan(Map<Integer, Integer> failures, How how) {
        orders.clear();
        plans++;
        failures.forEach(
                (cid, count) -> orders.put(cid, new Order(cid, count, how, folder.resolve(plans + "-" + cid + "-"))));
    }

    @Override
    public Order getClientConfig(int cid) {
        return orders.getOrDefault(cid, new Order(cid, 0, How.THROW, folder));
    }

    @Override
    public ClientWorker<Order, Down, Up> worker() {
        return FlakyClients::train;
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return new Up(0, torch.empty(LENGTH));
    }

    private static Up train(Order order, Down down, WorkerContext context) {
        int before = context.<Integer>state().orElse(0);
        Up buffer = context.uplinkBuffer();
        Tensor noise = noise(context.generator(PURPOSE));
        if (fails(order)) {
            buffer.value().fill_(new Scalar(Float.NaN));
            context.keepState(before + 1000);
            fail(order);
        }
        buffer.value().copy_(down.value()).add_(noise).add_(new Scalar(order.cid() + 100 * before));
        context.keepState(before + 1);
        return new Up(order.cid(), buffer.value());
    }

    private static Tensor noise(Generator generator) {
        return torch.empty(LENGTH).uniform_(0, 1, new GeneratorOptional(generator));
    }

    static boolean fails(Order order) {
        for (int attempt = 0; attempt < order.failures(); attempt++) {
            try {
                Files.createFile(Path.of(order.attempts() + Integer.toString(attempt)));
                return true;
            } catch (FileAlreadyExistsException failedBefore) {
                continue;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return false;
    }

    static void fail(Order order) {
        if (order.how() == How.THROW) {
            throw new IllegalStateException("no " + order.cid());
        }
        try {
            new ProcessBuilder(
                            "kill",
                            "-KILL",
                            Long.toString(ProcessHandle.current().pid()))
                    .start();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        while (true) {
            LockSupport.park();
        }
    }

    static Down down(float value) {
        return new Down(torch.full(new long[] {LENGTH}, new Scalar(value)));
    }

    /** Returns the result of a client that took part {@code before} times. */
    static float[] expected(Down down, int cid, int round, int before) {
        try (PointerScope scope = new PointerScope();
                Generator generator = RandomStreams.generator(SEED, cid, round, PURPOSE)) {
            return floats(down.value().add(noise(generator)).add(new Scalar(cid + 100 * before)));
        }
    }

    /** Runs a round and returns the packages in the order of hand-over, closed. */
    static Map<Integer, float[]> round(AbstractClientTrainer<Order, Down, Up> trainer, Down down, List<Integer> cids) {
        Map<Integer, float[]> taken = new java.util.LinkedHashMap<>();
        process(trainer, down, cids, false, taken);
        return taken;
    }

    /** Runs a round and adds the results that are handed over, in list order or in any. */
    static void process(
            AbstractClientTrainer<Order, Down, Up> trainer,
            Down down,
            List<Integer> cids,
            boolean anyOrder,
            Map<Integer, float[]> taken) {
        Consumer<Up> sink = up -> {
            try (up) {
                taken.put(up.cid(), floats(up.value()));
            }
        };
        if (anyOrder) {
            trainer.localProcessInAnyOrder(down, cids, batch -> batch.forEach(sink));
        } else {
            trainer.localProcess(down, cids, sink);
        }
    }
}
