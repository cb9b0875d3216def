package org.blazefl4j.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** An application that embeds the library and has its settings. Ends with an error if the library changes one. */
final class HostProgram {

    /** Enough elements for LibTorch to use several threads in an operation. */
    private static final int FLOATS = 200_000;

    private static final int CYCLES = 20;

    /** Fewer, since processes take seconds to start; what leaks once a cycle shows after one. */
    private static final int CYCLES_OF_PROCESSES = 4;

    private HostProgram() {}

    record Down(Tensor x) {}

    record Up(int cid, Tensor x) {}

    /** Clients that add their id to the payload. */
    record Adding() implements ClientAlgorithm<Integer, Down, Up> {
        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, Down, Up> worker() {
            return Adding::train;
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, torch.empty(FLOATS));
        }

        private static Up train(Integer cid, Down down, WorkerContext context) {
            Up up = context.uplinkBuffer();
            up.x().copy_(down.x()).add_(new Scalar(cid));
            return new Up(cid, up.x());
        }
    }

    private static ClientTrainer<Down, Up> open(ExecutionMode mode) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(mode == ExecutionMode.MULTI_PROCESS ? 1 : 2)
                .intraOpThreads(2)
                .build();
        return mode.trainer(new Adding(), options);
    }

    private static void round(ClientTrainer<Down, Up> trainer, double value) {
        try (Tensor payload = torch.full(new long[] {FLOATS}, new Scalar(value))) {
            List<Double> means = new ArrayList<>();
            trainer.localProcess(new Down(payload), List.of(1, 2, 3), up -> {
                try (Tensor x = up.x();
                        Tensor mean = x.mean()) {
                    means.add(mean.item_double());
                }
            });
            assertThat(means).containsExactly(value + 1, value + 2, value + 3);
        }
    }

    private static void openRunClose(ExecutionMode mode) {
        try (ClientTrainer<Down, Up> trainer = open(mode)) {
            round(trainer, 10);
        }
    }

    /** Opens two trainers that train at the same time. */
    private static void twoAtOnce(ExecutionMode mode) {
        CompletableFuture<?> beside = CompletableFuture.runAsync(() -> openRunClose(mode));
        openRunClose(mode);
        beside.join();
    }

    /**
     * Runs one of the checks.
     *
     * @param args {@code settings}, {@code cycles <modes>} or {@code restricted <native cache>}
     */
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "settings" -> checkSettings();
            case "cycles" -> {
                for (int i = 1; i < args.length; i++) {
                    checkCycles(ExecutionMode.valueOf(args[i]));
                }
            }
            case "restricted" -> checkRestricted(Path.of(args[1]).toRealPath());
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("done");
    }

    private static void checkSettings() throws Exception {
        Loader.load(torch.class);
        System.getLogger("host").isLoggable(Level.INFO); // installs the shutdown hook of the JDK's logging
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> failure.printStackTrace());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {}, "the host's"));
        torch.set_num_threads(3);
        torch.set_default_dtype(torch.scalarTypeToTypeMeta(ScalarType.Double));
        torch.manual_seed(7);
        torch.rand(3).close();
        GradMode.set_enabled(false);
        Context.setFlushDenormal(true);
        HostState.take(); // the JDK determines the time zone at its first use
        Map<String, String> before = HostState.take();
        assertThat(HostState.differences(before, HostState.take()))
                .as("reading the settings changes none")
                .isEmpty();
        for (ExecutionMode mode : ExecutionMode.values()) {
            try (ClientTrainer<Down, Up> trainer = open(mode)) {
                round(trainer, 5);
                assertThat(HostState.differences(before, HostState.take()))
                        .as("open, " + mode)
                        .isEmpty();
            }
            assertThat(HostState.differences(before, HostState.take()))
                    .as("closed, " + mode)
                    .isEmpty();
        }
        assertThat(openblas_nolapack.blas_get_num_threads())
                .as("OpenBLAS, the only setting that the library changes")
                .isEqualTo(1);
    }

    private static void checkCycles(ExecutionMode mode) throws Exception {
        twoAtOnce(mode); // loads everything that is loaded once
        requireNothingLeft();
        int threads = HostState.nativeThreads();
        String names = HostState.nativeThreadNames();
        Map<String, Long> descriptors = HostState.descriptors();
        int cycles = mode == ExecutionMode.MULTI_PROCESS ? CYCLES_OF_PROCESSES : CYCLES;
        for (int cycle = 0; cycle < cycles; cycle += 2) {
            twoAtOnce(mode);
            requireNothingLeft();
        }
        awaitNativeThreads(threads, names);
        assertThat(HostState.descriptors()).isEqualTo(descriptors);
    }

    /** Waits, since a joined Java thread ends a little later in the kernel. */
    private static void awaitNativeThreads(int limit, String before) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (HostState.nativeThreads() > limit) {
            assertThat(System.nanoTime())
                    .as("native threads: before=%s, after=%s", before, HostState.nativeThreadNames())
                    .isLessThan(end);
            Thread.sleep(1);
        }
    }

    private static void requireNothingLeft() throws IOException {
        assertThat(HostState.libraryThreads()).isEmpty();
        assertThat(ProcessHandle.current().children()).isEmpty();
        assertThat(HostState.segments()).isEmpty();
        assertThat(HostState.entries(System.getProperty("java.io.tmpdir"))).isEmpty();
    }

    private static void checkRestricted(Path cache) throws Exception {
        for (String folder : List.of("", System.getProperty("user.home"))) {
            Path file = Path.of(folder).toAbsolutePath().resolve("written");
            assertThat(isWritable(file)).as(file.toString()).isFalse();
        }
        try (ProcessPoolClientTrainer<Integer, Down, Up> trainer = new ProcessPoolClientTrainer<>(
                new Adding(), TrainerOptions.builder().numParallels(1).build())) {
            round(trainer, 3);
            List<Long> pids = new ArrayList<>(trainer.workerPids());
            pids.add(ProcessHandle.current().pid());
            for (long pid : pids) {
                assertThat(nativeLibraries(pid)).isNotEmpty().allMatch(library -> library.startsWith(cache.toString()));
            }
        }
        requireNothingLeft();
    }

    private static boolean isWritable(Path file) {
        try {
            Files.delete(Files.createFile(file));
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    /** Returns the files of LibTorch and JavaCPP that a process has mapped; BlazeFL4J's are in no jar here. */
    private static List<String> nativeLibraries(long pid) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/maps"))) {
            return lines.map(line -> line.substring(line.indexOf('/') + 1 == 0 ? line.length() : line.indexOf('/')))
                    .filter(file -> file.matches(".*/lib(jnitorch|jnijavacpp|torch.*|c10|.*openblas.*)\\.so.*"))
                    .distinct()
                    .toList();
        }
    }
}
