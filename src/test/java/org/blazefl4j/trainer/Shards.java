package org.blazefl4j.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Functions of shards for tests, which cross to worker processes. */
final class Shards {

    private Shards() {}

    /** The payload of shards. */
    record Payload(Tensor numbers, Path folder) {}

    /** The result of a shard. */
    record Result(int shard, int round, double number) {}

    /** Returns the number at the shard's position. */
    static Result pick(int shard, Payload payload, WorkerContext context) {
        return new Result(
                shard, context.round(), payload.numbers().select(0, shard).item_double());
    }

    /** Returns the first number of the shard's random stream. */
    static double draw(int shard, Payload payload, WorkerContext context) {
        return torch.zeros(1)
                .random_(new GeneratorOptional(context.generator("x")))
                .item_double();
    }

    /** Shard 1 throws. */
    static int throwing(int shard, Payload payload, WorkerContext context) {
        if (shard == 1) {
            throw new IllegalArgumentException("cannot do it");
        }
        return shard;
    }

    /** Shard 1 throws at its first attempt. */
    static int flaky(int shard, Payload payload, WorkerContext context) throws IOException {
        if (shard == 1 && !Files.exists(payload.folder().resolve("tried"))) {
            Files.createFile(payload.folder().resolve("tried"));
            throw new IllegalArgumentException("cannot do it yet");
        }
        return shard;
    }

    static Tensor tensor(int shard, Payload payload, WorkerContext context) {
        return torch.zeros(1);
    }

    static List<Map<String, Tensor>> hiddenTensor(int shard, Payload payload, WorkerContext context) {
        return List.of(Map.of("x", torch.zeros(1)));
    }

    static Object nothing(int shard, Payload payload, WorkerContext context) {
        return null;
    }

    static int keeping(int shard, Payload payload, WorkerContext context) {
        context.keepState(shard);
        return shard;
    }

    static boolean asking(int shard, Payload payload, WorkerContext context) {
        return context.state().isPresent();
    }

    static Object buffered(int shard, Payload payload, WorkerContext context) {
        return context.uplinkBuffer();
    }

    static int writing(int shard, Payload payload, WorkerContext context) {
        payload.numbers().fill_(new Scalar(7));
        return shard;
    }

    /** Shard 1 changes the default dtype of its process; each shard returns the one that it found. */
    static String settingDouble(int shard, Payload payload, WorkerContext context) {
        String found = torch.get_default_dtype_as_scalartype().intern().name();
        if (shard == 1) {
            try (PointerScope scope = new PointerScope()) {
                torch.set_default_dtype(torch.scalarTypeToTypeMeta(ScalarType.Double));
            }
        }
        return found;
    }

    /** Ends when it is told to stop. */
    static int polling(int shard, Payload payload, WorkerContext context) throws IOException {
        Files.writeString(payload.folder().resolve("polls-" + shard), "");
        while (true) {
            context.stopEvent().throwIfSet();
            Thread.onSpinWait();
        }
    }

    /** Does not end. */
    static int deaf(int shard, Payload payload, WorkerContext context) throws IOException {
        Files.writeString(payload.folder().resolve("polls-" + shard), "");
        while (true) {
            Thread.onSpinWait();
        }
    }

    /** Returns the inode from which the payload's numbers are mapped in the worker's process. */
    static long inode(int shard, Payload payload, WorkerContext context) throws IOException {
        long address = payload.numbers().data_ptr().address();
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] parts = line.split(" +");
            String[] range = parts[0].split("-");
            if (Long.parseUnsignedLong(range[0], 16) <= address && address < Long.parseUnsignedLong(range[1], 16)) {
                return Long.parseLong(parts[4]);
            }
        }
        throw new IllegalStateException("not mapped: " + address);
    }
}
