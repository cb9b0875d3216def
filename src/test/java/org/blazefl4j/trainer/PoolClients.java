package org.blazefl4j.trainer;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.Unbounded;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Clients with known results that misbehave on request. */
final class PoolClients {

    private PoolClients() {}

    /** What a client does in one round. */
    enum Action {
        /** Writes {@code payload + cid} into the uplink buffer. */
        ADD,
        /** Returns the same in new tensors. */
        ADD_ELSEWHERE,
        /** Returns the buffer's two tensors in each other's place. */
        SWAP,
        /** Returns fewer rows than the buffer has. */
        FEWER_ROWS,
        /** Returns more rows than the buffer has. */
        MORE_ROWS,
        /** Returns a tensor that has no place in the uplink buffer. */
        NO_PLACE,
        /** Returns a large unbounded tensor. */
        UNBOUNDED,
        /** Returns a long string. */
        TALKATIVE,
        /** Keeps the buffer after it has returned. */
        KEEP_BUFFER,
        /** The first time, keeps the buffer and a thread that writes to it as long as the process lives. */
        KEEP_WRITING_ONCE,
        /** Keeps the buffer and throws an exception with a long message. */
        KEEP_BUFFER_AND_THROW,
        /** Keeps the buffer, and hangs the shutdown of its process. */
        KEEP_BUFFER_AND_HANG,
        /** Says whether its thread was interrupted, and interrupts it. */
        INTERRUPT_ITSELF,
        /** Writes to the payload. */
        WRITE_TO_PAYLOAD,
        /** The first time in a worker, draws from the default generator. */
        DRAW,
        THROW,
        /** Throws an exception that cannot describe itself. */
        THROW_UNREADABLE,
        EXIT,
        PRINT,
        /** Starts two processes that continue, one of which leaves its process group. */
        SPAWN,
        /** Runs until it is told to stop. */
        UNTIL_STOPPED,
        /** Returns what it has when it is told to stop. */
        ADD_WHEN_STOPPED,
        /** Runs on when it is told to stop. */
        FOR_EVER,
        /** Does the same, but only the first time. */
        FOR_EVER_ONCE
    }

    /** The downlink; counts how often this process has decoded one. */
    record Down(Tensor x, Map<String, Object> notes) {

        static final AtomicInteger MADE = new AtomicInteger();

        Down {
            MADE.incrementAndGet();
        }
    }

    /**
     * A client's configuration.
     *
     * @param millis how long it computes
     * @param started a file that is made when it has started, with the worker's process id; may be null
     */
    record Order(int cid, Action action, long millis, Path started, Tensor data) {}

    record Up(
            int cid,
            long pid,
            int decoded,
            Map<String, Object> notes,
            Tensor x,
            Tensor y,
            @Unbounded Tensor rest) {

        /** Thrown by the constructor in this process, unless it is null. */
        static volatile Error broken;

        Up {
            if (broken != null) {
                throw broken;
            }
        }

        void close() {
            x.close();
            y.close();
            rest.close();
        }
    }

    static class Algorithm implements ClientAlgorithm<Order, Down, Up> {

        private final Map<Integer, Order> orders = new HashMap<>();
        private final int floats;
        private ClientWorker<Order, Down, Up> worker = PoolClients::train;

        Algorithm(int floats) {
            this.floats = floats;
        }

        /** Sets what one client does from now on. */
        Algorithm order(int cid, Action action) {
            return order(new Order(cid, action, 0, null, null));
        }

        Algorithm order(Order order) {
            orders.put(order.cid(), order);
            return this;
        }

        Algorithm worker(ClientWorker<Order, Down, Up> function) {
            worker = function;
            return this;
        }

        @Override
        public Order getClientConfig(int cid) {
            return orders.getOrDefault(cid, new Order(cid, Action.ADD, 0, null, null));
        }

        @Override
        public ClientWorker<Order, Down, Up> worker() {
            return worker;
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, 0, 0, Map.of(), torch.empty(floats), torch.empty(4, 3), torch.empty(0));
        }
    }

    static Down down(int floats, float value) {
        return new Down(torch.full(new long[] {floats}, new Scalar(value)), Map.of());
    }

    static List<Integer> cids(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    static float first(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.flatten().select(0, 0).item_float();
        }
    }

    static Up train(Order order, Down down, WorkerContext context) throws Exception {
        if (order.started() != null) {
            Path draft = Files.writeString(
                    Path.of(order.started() + ".draft"),
                    Long.toString(ProcessHandle.current().pid()));
            Files.move(draft, order.started(), StandardCopyOption.ATOMIC_MOVE); // of the last attempt
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(order.millis());
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        Up buffer = context.uplinkBuffer();
        buffer.x().copy_(down.x()).add_(new Scalar(order.cid()));
        buffer.y().fill_(new Scalar(1));
        Up result = result(order.cid(), buffer, buffer.x(), buffer.y(), buffer.rest());
        return act(order, down, buffer, result, context);
    }

    /** Does the same, and notes the number of its worker. */
    static Up trainAndNoteWorker(Order order, Down down, WorkerContext context) throws Exception {
        Up up = train(order, down, context);
        up.notes().put("worker", context.worker());
        return up;
    }

    private static Up result(int cid, Up buffer, Tensor x, Tensor y, Tensor rest) {
        long pid = ProcessHandle.current().pid();
        return new Up(cid, pid, Down.MADE.get(), new HashMap<>(), x, y, rest);
    }

    private static Up act(Order order, Down down, Up buffer, Up result, WorkerContext context) throws Exception {
        int cid = order.cid();
        switch (order.action()) {
            case ADD -> result.notes().putAll(down.notes());
            case ADD_ELSEWHERE -> {
                return result(cid, buffer, buffer.x().clone(), torch.ones(4, 3), buffer.rest());
            }
            case SWAP -> {
                Tensor half = buffer.x().narrow(0, 0, 12).view(4, 3);
                return result(cid, buffer, buffer.y().flatten(), half, buffer.rest());
            }
            case FEWER_ROWS -> {
                return result(cid, buffer, buffer.x(), buffer.y().narrow(0, 0, 2), buffer.rest());
            }
            case MORE_ROWS -> {
                return result(cid, buffer, buffer.x(), torch.ones(5, 3), buffer.rest());
            }
            case NO_PLACE -> result.notes().put("loss", torch.ones(1));
            case UNBOUNDED -> {
                return result(cid, buffer, buffer.x(), buffer.y(), torch.full(new long[] {1000, 50}, new Scalar((float)
                        cid)));
            }
            case TALKATIVE -> result.notes().put("text", "x".repeat(100_000));
            case KEEP_BUFFER -> context.get("kept", () -> buffer.x().detach());
            case KEEP_WRITING_ONCE -> {
                if (isFirst(order)) {
                    Tensor kept = context.get("kept", () -> buffer.x().detach());
                    keepWriting(kept);
                }
            }
            case KEEP_BUFFER_AND_THROW -> {
                context.get("kept", () -> buffer.x().detach());
                throw new IllegalStateException("long" + ".".repeat(20_000));
            }
            case KEEP_BUFFER_AND_HANG -> {
                context.get("kept", () -> buffer.x().detach());
                Runtime.getRuntime().addShutdownHook(new Thread(PoolClients::parkForEver));
            }
            case INTERRUPT_ITSELF -> {
                result.notes().put("interrupted", Thread.currentThread().isInterrupted());
                Thread.currentThread().interrupt();
            }
            case DRAW -> context.get("drawn", () -> torch.rand(1));
            case WRITE_TO_PAYLOAD -> down.x().add_(new Scalar(1));
            case THROW -> throw new Refusal("no " + cid, new IllegalStateException("because"));
            case THROW_UNREADABLE -> throw new Unreadable(Unreadable.Kind.MESSAGE_THROWS);
            case EXIT -> System.exit(3);
            case SPAWN -> {
                result.notes().put("started", spawn("sleep", "600"));
                result.notes().put("left", spawn("setsid", "sleep", "600"));
            }
            case PRINT -> {
                System.out.println("x".repeat(1 << 22));
                System.err.println("x".repeat(1 << 22));
                for (int i = 0; i < 20_000; i++) {
                    System.out.println("out " + i);
                    System.err.println("err " + i);
                }
            }
            case UNTIL_STOPPED -> {
                while (true) {
                    context.stopEvent().throwIfSet();
                    Thread.sleep(1);
                }
            }
            case ADD_WHEN_STOPPED -> {
                while (!context.stopEvent().isSet()) {
                    Thread.sleep(1);
                }
            }
            case FOR_EVER, FOR_EVER_ONCE -> {
                boolean runsOn = order.action() == Action.FOR_EVER || isFirst(order);
                while (runsOn) {
                    Thread.sleep(1000);
                }
            }
        }
        return result;
    }

    /** Starts a command with the output of this process; returns its process id. */
    private static long spawn(String... command) throws IOException {
        return new ProcessBuilder(command).inheritIO().start().pid();
    }

    private static void parkForEver() {
        while (true) {
            LockSupport.park();
        }
    }

    private static boolean isFirst(Order order) throws IOException {
        try {
            Files.createFile(Path.of(order.started() + ".once"));
            return true;
        } catch (FileAlreadyExistsException again) {
            return false;
        }
    }

    /** Starts a thread that writes to a tensor for ever; returns after the first write. */
    private static void keepWriting(Tensor kept) throws InterruptedException {
        CountDownLatch wrote = new CountDownLatch(1);
        Thread writer = new Thread(() -> {
            Scalar value = new Scalar(Float.NaN);
            while (true) {
                kept.fill_(value);
                wrote.countDown();
            }
        });
        writer.setDaemon(true);
        writer.start();
        wrote.await();
    }

    /** An exception with a cause and a suppressed exception. */
    private static final class Refusal extends Exception {

        private static final long serialVersionUID = 1L;

        Refusal(String message, Throwable cause) {
            super(message, cause);
            addSuppressed(new ArithmeticException("beside"));
        }
    }
}
