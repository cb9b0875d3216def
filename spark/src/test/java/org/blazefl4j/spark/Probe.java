package org.blazefl4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Clients that draw, count their rounds, and misbehave as told. Clients of all processes meet in a folder.
 *
 * @param deeds what clients do, by client; others only train
 * @param extra further bytes of each configuration
 */
record Probe(Path folder, Map<Integer, Deed> deeds, int extra)
        implements ClientAlgorithm<Probe.Config, Probe.Down, Probe.Up> {

    static final int LENGTH = 1000;

    private static final String FILE = "go";

    enum Deed {
        TRAIN,
        FAIL,
        FAIL_ONCE,
        /** Begins, and waits until it is told to stop. */
        WAIT,
        /** The first attempt waits until it is told to stop; later ones train. */
        WAIT_ONCE,
        /** Waits for a file in the folder. */
        WAIT_FOR_FILE,
        /** Ends the process. */
        HALT,
        NAN
    }

    record Config(int cid, Deed deed, String folder, Tensor extra) {}

    record Down(Tensor x) {}

    record Up(int cid, Tensor y, long size) implements AutoCloseable {

        @Override
        public void close() {
            y.close();
        }
    }

    /** The rounds of a client. */
    record Rounds(int count, Tensor last) {}

    Probe(Path folder, Map<Integer, Deed> deeds) {
        this(folder, deeds, 0);
    }

    @Override
    public Config getClientConfig(int cid) {
        return new Config(cid, deeds.getOrDefault(cid, Deed.TRAIN), folder.toString(), torch.zeros(extra));
    }

    @Override
    public ClientWorker<Config, Down, Up> worker() {
        return Probe::train;
    }

    @Override
    public Up prepareUplinkPackageBuffer() {
        return new Up(0, torch.empty(LENGTH), 0);
    }

    static Up train(Config config, Down payload, WorkerContext context) throws Exception {
        boolean first = mark(config, "begun");
        switch (config.deed) {
            case FAIL -> throw new IllegalStateException("planned " + config.cid);
            case HALT -> Runtime.getRuntime().halt(7);
            case FAIL_ONCE -> {
                if (first) {
                    throw new IllegalStateException("planned " + config.cid);
                }
            }
            case WAIT -> waitForStop(context);
            case WAIT_ONCE -> {
                if (first) {
                    waitForStop(context);
                }
            }
            case WAIT_FOR_FILE -> {
                while (!Files.exists(Path.of(config.folder, FILE))) {
                    Thread.sleep(10);
                }
            }
            default -> {}
        }
        Rounds before = context.state(Rounds.class).orElseGet(() -> new Rounds(0, torch.zeros(LENGTH)));
        Up buffer = context.uplinkBuffer();
        Tensor y = buffer.y();
        y.normal_(0, 1, new GeneratorOptional(context.generator("draw")));
        y.add_(payload.x()).add_(before.last()).add_(new Scalar(before.count()));
        if (config.deed == Deed.NAN) {
            y.fill_(new Scalar(Float.NaN));
        }
        context.keepState(new Rounds(before.count() + 1, y.clone()));
        return new Up(config.cid, y, 1 + config.cid);
    }

    private static void waitForStop(WorkerContext context) throws InterruptedException {
        while (true) {
            context.stopEvent().throwIfSet();
            Thread.sleep(10);
        }
    }

    private static boolean mark(Config config, String what) throws IOException {
        Path file = Path.of(config.folder, what + config.cid);
        boolean first = !Files.exists(file);
        Files.writeString(file, ProcessHandle.current().pid() + " " + System.currentTimeMillis());
        return first;
    }

    /** Lets clients go on that wait for a file. */
    void makeFile() throws IOException {
        Files.writeString(folder.resolve(FILE), "");
    }

    boolean hasBegun(int cid) {
        return Files.exists(folder.resolve("begun" + cid));
    }

    /** Returns the process in which a client began last, and when, by the clock; nothing if it has not begun. */
    long[] begun(int cid) {
        try {
            return Stream.of(Files.readString(folder.resolve("begun" + cid)).split(" "))
                    .mapToLong(Long::parseLong)
                    .toArray();
        } catch (IOException | NumberFormatException notYet) {
            return new long[0];
        }
    }

    /** Returns what a client evaluates: its state, its stream and what is shared. */
    static String evaluate(Config config, Down payload, WorkerContext context) {
        Rounds rounds = context.state(Rounds.class).orElseGet(() -> new Rounds(0, torch.zeros(LENGTH)));
        double draw = torch.rand(new long[] {1}, new GeneratorOptional(context.generator("draw")), (TensorOptions) null)
                .item_double();
        return config.cid + " " + rounds.count() + " " + rounds.last().sum().item_float() + " " + draw + " "
                + payload.x().sum().item_float();
    }

    /** Trains a round; returns each client's id and result, in the order of the list. */
    static List<String> round(ClientTrainer<Down, Up> trainer, int clients) {
        List<String> results = new ArrayList<>();
        trainer.localProcess(new Down(torch.ones(LENGTH)), clients(clients), up -> {
            try (up) {
                results.add(up.cid() + " " + up.size() + " " + Arrays.hashCode(floats(up.y())));
            }
        });
        return results;
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[(int) tensor.numel()];
        new FloatPointer(tensor.data_ptr()).get(values);
        return values;
    }

    static List<Integer> clients(int count) {
        return IntStream.range(0, count).boxed().toList();
    }
}
