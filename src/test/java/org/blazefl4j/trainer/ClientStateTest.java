package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.blazefl4j.trainer.Clients.plus;
import static org.blazefl4j.trainer.StatefulClients.numberIn;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.trainer.StatefulClients.Action;
import org.blazefl4j.trainer.StatefulClients.Down;
import org.blazefl4j.trainer.StatefulClients.Order;
import org.blazefl4j.trainer.StatefulClients.Up;
import org.blazefl4j.util.Fault;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** States on disk, damaged states, and states of clients whose workers die. */
@Slow
final class ClientStateTest {

    private static final int LENGTH = 50_000;

    @TempDir
    private Path folder;

    private final StatefulClients clients = new StatefulClients(LENGTH);

    /** Options that keep all states on disk. */
    private TrainerOptions onDisk(int workers) {
        return TrainerOptions.builder()
                .numParallels(workers)
                .stateMemory(0)
                .stateFolder(folder)
                .build();
    }

    private static List<Long> numbers(AbstractClientTrainer<Order, Down, Up> trainer, List<Integer> cids) {
        List<Long> numbers = new ArrayList<>();
        trainer.localProcess(new Down(1), cids, up -> {
            numbers.add(up.number());
            up.close();
        });
        return numbers;
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadFromDiskAndLeaveNothingThere(ExecutionMode mode) {
        List<Integer> cids = Clients.ids(6);
        List<Long> expected = new ArrayList<>(Collections.nCopies(6, 0L));
        var trainer = mode.trainer(clients, onDisk(2));
        try (trainer) {
            for (int round = 0; round < 3; round++) {
                cids.forEach(cid -> expected.set(cid, StatefulClients.next(expected.get(cid), cid, 1)));
                assertThat(numbers(trainer, cids)).isEqualTo(expected);
                assertThat(trainer.evaluate(new Down(1), cids, StatefulClients::evaluate))
                        .isEqualTo(expected);
            }
            assertThat(folder).as("no file that a cleaner could delete").isEmptyDirectory();
            assertThat(ClientStatesTest.files(folder)).hasSize(1);
            assertThat(trainer.stateUsage().clients()).isEqualTo(6);
            assertThat(trainer.stateUsage().memoryBytes()).isZero();
            assertThat(trainer.stateUsage().diskBytes()).isGreaterThan(6 * LENGTH * 4);
            assertThat(numberIn(trainer.states().read(0))).isEqualTo(expected.get(0));
        }
        assertThat(trainer.stateUsage()).isEqualTo(new StateUsage(0, 0, 0));
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @EnumSource
    void shouldFailTheClientWhoseStateIsDamagedOnDisk(ExecutionMode mode) throws IOException {
        try (var trainer = mode.trainer(clients, onDisk(2))) {
            numbers(trainer, List.of(3));
            Path file = ClientStatesTest.files(folder).get(0);
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            assertThatThrownBy(() -> trainer.evaluate(new Down(1), List.of(3), StatefulClients::evaluate))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageStartingWith("evaluation failed: client=3, round=2")
                    .hasStackTraceContaining("client state cannot be decoded: client=3");
            assertThatThrownBy(() -> numbers(trainer, List.of(3)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasStackTraceContaining(
                            "client state cannot be decoded: client=3, expected=what keepState was given;"
                                    + " package damaged: bytes=" + bytes.length + ", checksum=");
            Files.write(file, new byte[5], StandardOpenOption.TRUNCATE_EXISTING);
            assertThatThrownBy(() -> numbers(trainer, List.of(3)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasStackTraceContaining("client state cannot be read back: client=3, folder=" + folder
                            + ", found=bytes end early: bytes=5, limit=" + bytes.length);
            assertThat(numbers(trainer, List.of(4))).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldEndTheRoundAndKeepTheOldStatesWhenADiskIsFull(ExecutionMode mode) throws IOException {
        Path missing = Files.createDirectory(folder.resolve("missing"));
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .stateMemory(6 * LENGTH) // room for one state
                .stateFolder(missing)
                .build();
        Files.delete(missing);
        try (var trainer = mode.trainer(clients, options)) {
            long before = numbers(trainer, List.of(3)).get(0);
            clients.order(3, Action.LOOK);
            assertThatThrownBy(() -> numbers(trainer, List.of(4, 5, 6)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("client state cannot be written: client=3, bytes=");
            trainer.uplinkPackage().forEach(Up::close);
            Files.createDirectory(missing);
            assertThat(trainer.states().clients()).containsExactly(3);
            assertThat(numbers(trainer, List.of(3, 4))).containsExactly(before, StatefulClients.next(0, 4, 1));
        }
        assertThat(missing).isEmptyDirectory();
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepStatesThatGrowAndShrink(ExecutionMode mode) {
        long[] lengths = {1, 60_000, 400, 1_000_000, 20_000};
        List<Integer> cids = Clients.ids(7);
        List<Long> expected = new ArrayList<>(Collections.nCopies(7, 0L));
        try (var trainer =
                mode.trainer(clients, TrainerOptions.builder().numParallels(2).build())) {
            for (int round = 0; round < 6; round++) {
                for (int cid : cids) {
                    clients.length(cid, lengths[(3 * cid + round) % lengths.length]);
                    expected.set(cid, StatefulClients.next(expected.get(cid), cid, 1));
                }
                assertThat(numbers(trainer, cids)).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldHoldSharedMemoryOnlyForLargeStatesInUse() {
        int floats = 4 << 20;
        TrainerOptions options = TrainerOptions.builder().numParallels(2).build();
        try (var trainer = new ProcessPoolClientTrainer<>(new StatefulClients(10, floats), options)) {
            long before = trainer.segmentBytes();
            List<Integer> cids = Clients.ids(10);
            numbers(trainer, cids);
            assertThat(numbers(trainer, cids))
                    .isEqualTo(cids.stream()
                            .map(cid -> StatefulClients.next(StatefulClients.next(0, cid, 1), cid, 1))
                            .toList());
            assertThat(trainer.segmentBytes() - before)
                    .as("states of four of ten clients at a time")
                    .isBetween(3L * 4 * floats, 5L * 4 * floats);
        }
    }

    @Test
    void shouldReportAFullDisk() throws Exception {
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "ulimit -f 8 && exec \"$@\"",
                        "bash",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:-UsePerfData",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Program.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            assertThat(lines.readLine()).startsWith("client state cannot be written: client=0, bytes=");
            assertThat(process.waitFor()).isZero();
            assertThat(folder).isEmptyDirectory();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Keeps the states of two clients on disk, or prints the failure. */
    static final class Program {

        private Program() {}

        public static void main(String[] args) {
            TrainerOptions options = TrainerOptions.builder()
                    .stateMemory(0)
                    .stateFolder(Path.of(args[0]))
                    .build();
            try (var trainer = new SerialClientTrainer<>(new StatefulClients(LENGTH), options)) {
                numbers(trainer, List.of(0, 1));
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void shouldKeepTheOldStateOfAClientWhoseWorkerDiesBeforeItIsDone() throws Exception {
        Path reached = folder.resolve("reached");
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        ProcessOptions process = ProcessOptions.builder()
                .jvmArguments(Fault.arguments("BEFORE_DONE,file=" + reached))
                .build();
        try (var trainer = new ProcessPoolClientTrainer<>(clients, options, process)) {
            CompletableFuture<ClientFailedException> round = CompletableFuture.supplyAsync(
                    () -> catchThrowableOfType(ClientFailedException.class, () -> numbers(trainer, List.of(5))));
            Conditions.awaitFile(reached);
            long pid = Long.parseLong(Files.readString(reached));
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            assertThat(round.join().clientId()).isEqualTo(5);
            assertThat(trainer.states().clients()).isEmpty();
            long first = numbers(trainer, List.of(5)).get(0);
            assertThat(first).isEqualTo(StatefulClients.next(0, 5, 1));
            assertThat(numbers(trainer, List.of(5))).containsExactly(StatefulClients.next(first, 5, 1));
        }
    }

    @WithoutProcesses
    void shouldGiveOneClientOneStateAndRefuseWhatCannotBeKept(ExecutionMode mode) {
        Clients asking = new Clients((cid, down, context) -> {
            assertThat(context.state()).isEmpty();
            context.keepState(Map.of("cid", cid, "ones", torch.ones(3)));
            assertThat(context.state()).as("as it was before the round").isEmpty();
            assertThatThrownBy(() -> context.keepState(null)).hasMessage("state");
            assertThatThrownBy(() -> context.keepState(List.of(Thread.currentThread())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot cross: path=[0]");
            return plus(cid, down);
        });
        Tensor[] seen = new Tensor[1];
        Clients looking = new Clients((cid, down, context) -> {
            assertThat(context.<Map<String, Object>>state()).isSameAs(context.state());
            Map<String, Object> state = context.<Map<String, Object>>state().orElseThrow();
            assertThat(state).containsEntry("cid", cid);
            seen[0] = (Tensor) state.get("ones");
            assertThat(seen[0].sum().item_float()).isEqualTo(3);
            return plus(cid, down);
        });
        var switching = new Clients((cid, down, context) ->
                (context.round() == 0 ? asking : looking).worker().train(cid, down, context));
        try (var trainer = Clients.trainer(mode, switching)) {
            Clients.Down down = Clients.Down.of(0);
            trainer.localProcess(down, List.of(3), Clients.Up::close);
            trainer.localProcess(down, List.of(3), Clients.Up::close);
            assertThat(seen[0].isNull()).as("freed when the client has ended").isTrue();
            down.value().close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRetryFromTheSameStateAndKeepTheStateOfADroppedClient(ExecutionMode mode) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .onClientFailure(FailurePolicy.retry(2).thenDrop())
                .build();
        try (var trainer = mode.trainer(clients, options)) {
            List<Long> before = numbers(trainer, List.of(0, 1, 2));
            clients.order(1, Action.KEEP_AND_THROW).order(2, Action.KEEP_AND_THROW_FIRST);
            long next = StatefulClients.next(before.get(2), 2, 1);
            assertThat(numbers(trainer, List.of(2, 1))).containsExactly(next);
            assertThat(trainer.retried())
                    .extracting(ClientFailedException::clientId)
                    .containsOnly(2)
                    .isNotEmpty();
            assertThat(trainer.dropped())
                    .extracting(ClientFailedException::clientId)
                    .containsExactly(1);
            assertThat(numberIn(trainer.states().read(1))).isEqualTo(before.get(1));
            assertThat(numberIn(trainer.states().read(2))).isEqualTo(next);
        }
    }

    @WithoutProcesses
    void shouldRepeatARoundFromTheSameStates(ExecutionMode mode) {
        try (var trainer = mode.trainer(clients, onDisk(2))) {
            numbers(trainer, List.of(0, 1));
            trainer.stopEvent().clear();
            assertThatThrownBy(() -> trainer.localProcess(new Down(1), List.of(0, 1), up -> {
                        up.close();
                        throw new ArithmeticException("the caller's");
                    }))
                    .hasMessage("the caller's");
            trainer.startAtRound(1);
            assertThat(numbers(trainer, List.of(0, 1)))
                    .containsExactly(
                            StatefulClients.next(StatefulClients.next(0, 0, 1), 0, 1),
                            StatefulClients.next(StatefulClients.next(0, 1, 1), 1, 1));
        }
    }
}
