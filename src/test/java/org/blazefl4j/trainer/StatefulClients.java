package org.blazefl4j.trainer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.codec.PackageBytes;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Clients that keep a number between rounds, and a tensor filled with it. */
final class StatefulClients
        implements ClientAlgorithm<StatefulClients.Order, StatefulClients.Down, StatefulClients.Up> {

    enum Action {
        /** Keeps {@link #next} of its number and returns it. */
        KEEP,
        /** Does the same, but keeps another state first. */
        KEEP_TWICE,
        /** Returns its number and keeps nothing. */
        LOOK,
        /** Keeps, then overwrites its old state and the one that it kept. */
        KEEP_AND_OVERWRITE,
        /** Keeps, then throws. */
        KEEP_AND_THROW,
        /** Does the same, but only the first time in each worker. */
        KEEP_AND_THROW_FIRST,
        /** Returns the very tensor of its state. */
        RETURN_STATE
    }

    record Order(int cid, Action action, long length) {}

    record Down(long number) {}

    record Up(int cid, long number, Tensor vector) implements AutoCloseable {
        @Override
        public void close() {
            vector.close();
        }
    }

    /** The state of a client. */
    record Memory(long number, Tensor vector, List<String> notes) {}

    private final Map<Integer, Action> actions = new HashMap<>();
    private final Map<Integer, Long> lengths = new HashMap<>();
    private final int uplinkLength;
    private final int stateLength;

    StatefulClients(int length) {
        this(length, length);
    }

    /** Clients whose states have another length than what they return. */
    StatefulClients(int uplinkLength, int stateLength) {
        this.uplinkLength = uplinkLength;
        this.stateLength = stateLength;
    }

    /** Sets what a client does from now on. */
    StatefulClients order(int cid, Action action) {
        actions.put(cid, action);
        return this;
    }

    /** Sets the length of a client's state from now on. */
    void length(int cid, long length) {
        lengths.put(cid, length);
    }

    /** Returns the number that follows, small enough for a float to hold it. */
    static long next(long number, int cid, long payload) {
        return (number * 31 + cid * 7 + payload + 1) % 1_000_003;
    }

    @Override
    public Order getClientConfig(int cid) {
        return new Order(cid, actions.getOrDefault(cid, Action.KEEP), lengths.getOrDefault(cid, (long) stateLength));
    }

    @Override
    public ClientWorker<Order, Down, Up> worker() {
        return StatefulClients::train;
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return new Up(0, 0, torch.empty(uplinkLength));
    }

    private static Up train(Order order, Down down, WorkerContext context) {
        Up buffer = context.uplinkBuffer();
        long length = order.length();
        Memory before = context.<Memory>state().orElseGet(() -> memory(0, length));
        requireWhole(before);
        long number = next(before.number(), order.cid(), down.number());
        switch (order.action()) {
            case KEEP, KEEP_AND_THROW, KEEP_AND_THROW_FIRST -> context.keepState(memory(number, length));
            case KEEP_TWICE -> {
                context.keepState(memory(-1, length + 3));
                context.keepState(memory(number, length));
            }
            case LOOK -> number = before.number();
            case KEEP_AND_OVERWRITE -> {
                Memory kept = memory(number, length);
                context.keepState(kept);
                kept.vector().fill_(new Scalar(-5f));
                before.vector().fill_(new Scalar(-6f));
            }
            case RETURN_STATE -> {
                return new Up(order.cid(), before.number(), before.vector());
            }
        }
        if (order.action() == Action.KEEP_AND_THROW
                || order.action() == Action.KEEP_AND_THROW_FIRST && isFirst(context)) {
            throw new IllegalStateException("no " + order.cid());
        }
        buffer.vector().fill_(new Scalar((float) number));
        return new Up(order.cid(), number, buffer.vector());
    }

    /** Returns the number that a client has kept, or 0. */
    static long evaluate(Order order, Down down, WorkerContext context) {
        Memory kept = context.state(Memory.class).orElseGet(() -> memory(0, order.length()));
        requireWhole(kept);
        return kept.number();
    }

    private static boolean isFirst(WorkerContext context) {
        return context.get("asked", AtomicInteger::new).getAndIncrement() == 0;
    }

    private static Memory memory(long number, long length) {
        return new Memory(number, torch.full(new long[] {length}, new Scalar((float) number)), List.of("n" + number));
    }

    private static void requireWhole(Memory memory) {
        boolean whole = memory.vector().min().item_float() == memory.number()
                && memory.vector().max().item_float() == memory.number()
                && memory.notes().equals(List.of("n" + memory.number()));
        if (!whole) {
            throw new AssertionError("not what was kept: " + memory.number() + " " + memory.vector());
        }
    }

    /** Returns the number that a client's bytes hold, or null if there are none. */
    static Long numberIn(Tensor bytes) {
        if (bytes == null) {
            return null;
        }
        try (bytes;
                PointerScope scope = new PointerScope()) {
            Memory memory = (Memory) PackageBytes.decode(bytes, StatefulClients.class.getClassLoader(), null);
            requireWhole(memory);
            return memory.number();
        }
    }
}
