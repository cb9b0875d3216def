package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.blazefl4j.binding.Build;
import org.blazefl4j.binding.Native;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Fault;
import org.blazefl4j.util.LogLines;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The set-up of workers, and workers that cannot start. */
@Slow
final class ProcessPoolStartTest {

    private static final int FLOATS = 1000;

    private static final TrainerOptions ONE =
            TrainerOptions.builder().numParallels(1).intraOpThreads(2).build();

    /** Describes the process that it runs in. */
    private static Up describe(Order order, Down down, WorkerContext context) throws IOException {
        Up buffer = context.uplinkBuffer();
        Map<String, Object> notes = new HashMap<>();
        notes.put("property", System.getProperty("test.property"));
        notes.put("variable", System.getenv("TEST_VARIABLE"));
        notes.put("openblas", System.getenv("OPENBLAS_NUM_THREADS"));
        notes.put("maxPhysicalBytes", System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes"));
        notes.put("denormals", LibTorch.flushesDenormal() ? "flushed" : "kept");
        notes.put("threads", torch.get_num_threads());
        notes.put(
                "oomScoreAdj",
                Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
        try (Tensor tensor = torch.empty(1)) {
            notes.put("dtype", tensor.scalar_type().intern().toString());
        }
        return new Up(order.cid(), ProcessHandle.current().pid(), 0, notes, buffer.x(), buffer.y(), buffer.rest());
    }

    private static Map<String, Object> notes(ProcessPoolClientTrainer<Order, Down, Up> trainer) {
        trainer.localProcess(down(FLOATS, 0), cids(1));
        Up up = trainer.uplinkPackage().get(0);
        up.close();
        return up.notes();
    }

    @Test
    void shouldSetWorkersUpByArgumentsEnvironmentAndTheParentsSettings() {
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(List.of("-Dtest.property=value", "-XX:+UseParallelGC"))
                .environment(Map.of("TEST_VARIABLE", "content"))
                .build();
        Algorithm algorithm = new Algorithm(FLOATS).worker(ProcessPoolStartTest::describe);
        try (var trainer = new ProcessPoolClientTrainer<>(algorithm, ONE, process)) {
            assertThat(notes(trainer))
                    .containsEntry("property", "value")
                    .containsEntry("variable", "content")
                    .containsEntry("openblas", "1")
                    .containsEntry("maxPhysicalBytes", "0")
                    .containsEntry("threads", 2)
                    .containsEntry("oomScoreAdj", "1000")
                    .containsEntry("denormals", "kept")
                    .containsEntry("dtype", "Float");
            setDefaultDtype(ScalarType.Double);
            LibTorch.flushDenormal(true);
            try {
                assertThat(notes(trainer)).containsEntry("dtype", "Double").containsEntry("denormals", "flushed");
            } finally {
                setDefaultDtype(ScalarType.Float);
                LibTorch.flushDenormal(false);
            }
            assertThat(notes(trainer)).containsEntry("dtype", "Float").containsEntry("denormals", "kept");
        }
    }

    /** One of the two workers is held back at its start until the pool is closed. */
    @Test
    void shouldTrainClientsBeforeAllWorkersAreUp(@TempDir Path folder) {
        Path held = folder.resolve("held");
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(Fault.arguments("STARTING,worker=1,file=" + held))
                .build();
        TrainerOptions two = TrainerOptions.builder()
                .numParallels(2)
                .grace(Duration.ofMillis(100))
                .build();
        try (var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), two, process)) {
            Conditions.awaitFile(held);
            Set<Long> trainedBy = new HashSet<>();
            trainer.localProcess(down(FLOATS, 0), cids(10), up -> {
                trainedBy.add(up.pid());
                up.close();
            });
            assertThat(trainedBy).containsExactly(trainer.workerPids().get(0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stop", "exit", "starve"})
    void shouldStartAnotherWhenAWorkerFailsToStartOnce(String failure, @TempDir Path folder) throws IOException {
        Path when = Files.createFile(folder.resolve("when"));
        Path failed = folder.resolve("failed");
        String fault = "STARTING,do=" + failure + ",worker=0,when=" + when + ",file=" + failed;
        ProcessOptions process =
                ProcessOptions.builder().jvmArguments(Fault.arguments(fault)).build();
        TrainerOptions one = TrainerOptions.builder().numParallels(1).build();
        try (var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), one, process)) {
            trainer.awaitReady();

            long first = Long.parseLong(Files.readString(failed));
            assertThat(trainer.workerPids()).hasSize(1).doesNotContain(first);
            assertThat(Conditions.isRunning(first)).isFalse();
        }
    }

    @Test
    void shouldContinueWithTheOthersWhenAWorkerNeverStarts() {
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(Fault.arguments("STARTING,do=exit,worker=1"))
                .build();
        TrainerOptions two = TrainerOptions.builder().numParallels(2).build();
        try (LogLines log = new LogLines("org.blazefl4j.process.Supervisor");
                var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), two, process)) {
            trainer.awaitReady();

            Set<Long> trainedBy = new HashSet<>();
            trainer.localProcess(down(FLOATS, 0), cids(10), up -> {
                trainedBy.add(up.pid());
                up.close();
            });
            assertThat(trainedBy).containsExactly(trainer.workerPids().get(0));
            Conditions.await("a warning", () -> !log.lines().isEmpty());
            assertThat(log.lines())
                    .containsExactly("worker is given up: workers left=1; worker does not start: worker=1; worker"
                            + " process ended: pid=" + trainer.workerPids().get(1) + ", exit=3");
        }
    }

    @Test
    void shouldStartNoProcessInARound() {
        TrainerOptions two = TrainerOptions.builder().numParallels(2).build();
        try (var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), two)) {
            trainer.awaitReady();
            Set<Long> children = children();
            assertThat(children).containsExactlyInAnyOrderElementsOf(trainer.workerPids());
            Set<Long> duringRounds = new HashSet<>();
            for (int round = 0; round < 3; round++) {
                trainer.localProcess(down(FLOATS, 0), cids(4), up -> {
                    duringRounds.addAll(children());
                    up.close();
                });
            }
            assertThat(duringRounds).isEqualTo(children);
        }
    }

    private static Set<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    @Test
    void shouldEndWorkersThatAreStillStartingWhenClosedAtOnce() {
        Holdings before = Holdings.now();
        List<Long> pids;
        try (var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), ONE)) {
            pids = trainer.workerPids();
            trainer.close();
            assertThatThrownBy(trainer::awaitReady)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("pool is closed: it has no workers; make a new trainer");
        }
        assertThat(pids).hasSize(1).noneMatch(Conditions::isRunning);
        before.awaitNoMore();
    }

    private static Up tellLibraries(Order order, Down down, WorkerContext context) {
        Up buffer = context.uplinkBuffer();
        Map<String, Object> loaded = new HashMap<>(Loader.getLoadedLibraries());
        loaded.put("told", System.getProperty("blazefl4j.nativeLibraries") != null);
        return new Up(order.cid(), 0, 0, loaded, buffer.x(), buffer.y(), buffer.rest());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Dtest=1", "-Dorg.bytedeco.javacpp.pathsFirst=false"})
    void shouldLoadTheParentsLibrariesWhetherToldOrFound(String argument) {
        Algorithm algorithm = new Algorithm(FLOATS).worker(ProcessPoolStartTest::tellLibraries);
        ProcessOptions process =
                ProcessOptions.builder().jvmArguments(List.of(argument)).build();
        try (var trainer = new ProcessPoolClientTrainer<>(algorithm, ONE, process)) {
            Map<String, Object> loaded = notes(trainer);
            assertThat(loaded.remove("told")).isEqualTo(argument.equals("-Dtest=1"));
            assertThat(loaded)
                    .containsKeys("jnitorch", "torch_cpu", "jniopenblas_nolapack")
                    .isEqualTo(Loader.getLoadedLibraries());
        }
    }

    private static void setDefaultDtype(ScalarType type) {
        torch.set_default_dtype(torch.scalarTypeToTypeMeta(type));
    }

    private static void requireRefused(
            ClientWorker<Order, Down, Up> worker, ProcessOptions process, Class<?> type, String... texts) {
        Holdings before = Holdings.now();
        Algorithm algorithm = new Algorithm(FLOATS).worker(worker);
        assertThatThrownBy(() -> {
                    try (var trainer = new ProcessPoolClientTrainer<>(algorithm, ONE, process)) {
                        trainer.awaitReady();
                    }
                })
                .isInstanceOf(type)
                .hasMessageContainingAll(texts);
        before.awaitNoMore();
    }

    @Test
    void shouldNameEveryDifferenceWhenAWorkerWouldComputeOtherBits(@TempDir Path folder) throws IOException {
        Path version = folder.resolve("org/blazefl4j/binding/build.properties");
        Files.createDirectories(version.getParent());
        Files.writeString(version, "version=0.0.1");
        ProcessOptions process = ProcessOptions.builder()
                .environment(Map.of("ATEN_CPU_CAPABILITY", "default", "ONEDNN_MAX_CPU_ISA", "AVX2"))
                .workerClassPath(List.of(folder))
                .output((worker, line) -> {})
                .build();
        requireRefused(
                PoolClients::train,
                process,
                IllegalStateException.class,
                "worker does not start: worker=0",
                "numeric environment differs from the parent's: blazefl4j: " + Build.VERSION + " against 0.0.1; ",
                "; cpuCapability: ",
                " against DEFAULT; ",
                "; oneDnnVariables: none against ONEDNN_MAX_CPU_ISA=AVX2; ");
    }

    @Test
    void shouldQuoteTheJvmWhenItRefusesAnArgument() {
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(List.of("-XX:NoSuchOption"))
                .output((worker, line) -> {})
                .build();
        requireRefused(
                PoolClients::train,
                process,
                IllegalStateException.class,
                "worker does not start: worker=0; worker process ended: pid=",
                "exit=1",
                "Unrecognized VM option 'NoSuchOption'");
    }

    @Test
    void shouldQuoteTheWorkerWhenItMissesAClassToStartWith() {
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(List.of("-Djava.system.class.loader=no.such.Loader"))
                .output((worker, line) -> {})
                .build();
        requireRefused(
                PoolClients::train,
                process,
                IllegalStateException.class,
                "worker does not start: worker=0; worker process ended: pid=",
                "exit=1",
                "java.lang.ClassNotFoundException: no.such.Loader");
    }

    @Test
    void shouldSayInALineThatALibraryDoesNotLoad(@TempDir Path folder) throws IOException {
        Path broken = folder.resolve(Native.class.getName().replace('.', '/') + ".class");
        Files.createDirectories(broken.getParent());
        Files.writeString(broken, "no class");
        List<String> lines = new CopyOnWriteArrayList<>();
        ProcessOptions process = ProcessOptions.builder()
                .workerClassPath(List.of(folder))
                .output((worker, line) -> lines.add(line))
                .build();
        requireRefused(
                PoolClients::train,
                process,
                IllegalStateException.class,
                "worker does not start: worker=0; worker process ended: pid=",
                "exit=1\n  stderr:\n    worker cannot start: found=");
        assertThat(lines).isNotEmpty().allMatch(line -> line.startsWith("worker cannot start: found="));
    }

    @Test
    void shouldQuoteTheWorkerWhenAClassOfItsFunctionIsDamaged(@TempDir Path folder) throws IOException {
        Path broken = folder.resolve(PoolClients.class.getName().replace('.', '/') + ".class");
        Files.createDirectories(broken.getParent());
        Files.writeString(broken, "no class");
        ProcessOptions process = ProcessOptions.builder()
                .workerClassPath(List.of(folder))
                .output((worker, line) -> {})
                .build();
        requireRefused(
                PoolClients::train,
                process,
                IllegalStateException.class,
                "worker does not start: worker=0",
                "java.lang.ClassFormatError: ");
    }

    /** No policy helps, because there is no worker to retry the client. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void shouldEndTheRoundWithTheWorkersOwnErrorWhenALostOneCannotBeReplaced(int retries, @TempDir Path folder)
            throws IOException {
        Holdings before = Holdings.now();
        Path flags = Files.writeString(folder.resolve("flags"), "-Dtest=1");
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(List.of("-XX:VMOptionsFile=" + flags))
                .output((worker, line) -> {})
                .build();
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(1)
                .onClientFailure(FailurePolicy.retry(retries))
                .build();
        Algorithm algorithm = new Algorithm(FLOATS);
        try (var trainer = new ProcessPoolClientTrainer<>(algorithm, options, process)) {
            trainer.awaitReady();
            Files.delete(flags);
            Conditions.signal("KILL", trainer.workerPids().get(0));
            for (int round = 0; round < 2; round++) {
                assertThatThrownBy(() -> trainer.localProcess(down(FLOATS, 0), cids(3)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContainingAll(
                                "worker does not start: worker=0; worker process ended: pid=",
                                "exit=1",
                                "Could not open options file");
            }
        }
        before.awaitNoMore();
    }

    @Test
    void shouldRefuseAWorkerFunctionThatCapturesWhatCannotCross() {
        Thread captured = Thread.currentThread();
        requireRefused(
                (order, down, context) -> {
                    captured.interrupt();
                    return null;
                },
                ProcessOptions.defaults(),
                IllegalArgumentException.class,
                "worker function cannot cross to worker processes: cannot cross: path=function.captured[0]",
                "type=java.lang.Thread");
    }
}
