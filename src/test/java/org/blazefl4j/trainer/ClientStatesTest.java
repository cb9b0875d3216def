package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.statistics.Statistics;
import org.blazefl4j.codec.ByteTensors;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States keep the memory limit, and are read back as they were written. */
class ClientStatesTest {

    @TempDir
    private Path folder;

    enum Kind {
        STAGE,
        READ,
        COMMIT,
        COMMIT_ALONE,
        DISCARD
    }

    record Step(Kind kind, int client, int size) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Kind> kind = Arbitraries.of(
                Kind.STAGE, Kind.STAGE, Kind.STAGE, Kind.READ, Kind.READ, Kind.COMMIT, Kind.COMMIT_ALONE, Kind.DISCARD);
        return Combinators.combine(
                        kind,
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.integers().between(0, 40))
                .as(Step::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 300)
    void shouldReturnCommittedStatesAndStayWithinTheLimit(
            @ForAll("steps") List<Step> steps, @ForAll @LongRange(max = 100) long limit) throws IOException {
        Path parent = Files.createTempDirectory("states");
        Map<Integer, byte[]> committed = new HashMap<>();
        Map<Integer, byte[]> staged = new HashMap<>();
        ClientStates states = states(limit, parent);
        try (states) {
            byte next = 0;
            for (Step step : steps) {
                byte[] bytes = new byte[step.size];
                Arrays.fill(bytes, next++);
                switch (step.kind) {
                    case STAGE -> {
                        staged.put(step.client, bytes);
                        states.stage(step.client, Tensors.of(bytes));
                    }
                    case READ -> assertThat(read(states, step.client)).isEqualTo(committed.get(step.client));
                    case COMMIT, COMMIT_ALONE -> {
                        if (step.kind == Kind.COMMIT) {
                            states.commit();
                        } else {
                            committed.clear();
                            states.commitAlone();
                        }
                        committed.putAll(staged);
                        staged.clear();
                    }
                    case DISCARD -> {
                        staged.clear();
                        states.discard();
                    }
                }
                requireUsage(states.usage(), limit, parent, committed, staged);
            }
            assertThat(states.clients())
                    .isEqualTo(committed.keySet().stream().sorted().toList());
            committed.forEach(
                    (client, bytes) -> assertThat(read(states, client)).isEqualTo(bytes));
        }
        assertThat(parent).isEmptyDirectory();
        Files.delete(parent);
    }

    private static void requireUsage(
            StateUsage usage, long limit, Path parent, Map<Integer, byte[]> committed, Map<Integer, byte[]> staged) {
        List<byte[]> all = new ArrayList<>(committed.values());
        all.addAll(staged.values());
        Statistics.collect(usage.diskBytes() > 0 ? "on disk" : "in memory");
        assertThat(usage.clients()).isEqualTo(committed.size());
        assertThat(usage.memoryBytes()).isBetween(0L, limit);
        assertThat(usage.memoryBytes() + usage.diskBytes())
                .isEqualTo(all.stream().mapToLong(bytes -> bytes.length).sum());
        assertThat(parent).as("no file that a cleaner could delete").isEmptyDirectory();
    }

    @Test
    void shouldWriteTheLeastRecentlyUsedStateToDisk() {
        try (ClientStates states = states(100, folder)) {
            for (int client = 0; client < 3; client++) {
                byte[] bytes = new byte[30];
                Arrays.fill(bytes, (byte) client);
                states.stage(client, Tensors.of(bytes));
            }
            states.commit();
            assertThat(files(folder)).isEmpty();
            read(states, 0);
            states.stage(3, Tensors.of(new byte[31]));
            assertThat(files(folder))
                    .singleElement()
                    .satisfies(file ->
                            assertThat(Files.readAllBytes(file)).hasSize(30).containsOnly(1));
            assertThat(states.usage()).isEqualTo(new StateUsage(3, 91, 30));
        }
    }

    @Test
    void shouldNotMoveOtherStatesForOneThatNeverFits() {
        try (ClientStates states = states(100, folder)) {
            states.stage(0, Tensors.of(new byte[90]));
            states.stage(1, Tensors.of(new byte[101]));
            states.commit();
            assertThat(states.usage()).isEqualTo(new StateUsage(2, 90, 101));
        }
    }

    @Test
    void shouldWorkWhileInterruptedAndKeepTheFlag() {
        try (ClientStates states = states(0, folder)) {
            Thread.currentThread().interrupt();
            states.stage(7, Tensors.of(new byte[] {1, 2, 3}));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            states.commit();
            assertThat(read(states, 7)).containsExactly(1, 2, 3);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void shouldNameTheClientOfATruncatedState() throws IOException {
        try (ClientStates states = states(0, folder)) {
            states.stage(7, Tensors.of(new byte[10]));
            states.commit();
            Path file = files(folder).get(0);
            Files.write(file, new byte[9]);
            assertThatThrownBy(() -> states.read(7))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("client state cannot be read back: client=7, folder=" + folder + ", found=bytes end"
                            + " early: bytes=9, limit=10, expected=10 bytes, written by this process; resume from a"
                            + " checkpoint, with TrainerOptions.stateFolder, or -Djava.io.tmpdir, on another disk");
        }
    }

    @Test
    void shouldNotReadAStateThatWasReplaced() {
        StateFile files = new StateFile(folder);
        try (files) {
            StateFile.Place place = files.write(1, Tensors.of(new byte[] {1}));
            files.free(place);
            files.write(2, Tensors.of(new byte[] {2}));
            assertThatThrownBy(() -> files.read(1, place))
                    .hasMessageContaining("client=1, ")
                    .hasMessageContaining("found=a state that was replaced since");
        }
    }

    @Test
    void shouldKeepItsStatesWhenNothingCanBeWritten() {
        Path missing = folder.resolve("missing");
        try (ClientStates states = states(10, missing)) {
            states.stage(1, Tensors.of(new byte[] {1}));
            states.commit();
            assertThatThrownBy(() -> states.stage(3, Tensors.of(new byte[11])))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("client state cannot be written: client=3, bytes=11, found=not found: "
                            + missing + "/[^,]+, limit=unknown bytes free in " + missing
                            + "; name a folder with room \\(TrainerOptions.stateFolder; -Djava.io.tmpdir unless set\\), or"
                            + " raise stateMemory");
            assertThatThrownBy(() -> states.stage(4, Tensors.of(new byte[10])))
                    .hasMessageContaining("client state cannot be written: client=1, bytes=1,");
            states.commit();
            assertThat(states.clients()).containsExactly(1);
            assertThat(read(states, 1)).containsExactly(1);
        }
    }

    @Test
    void shouldIgnoreStatesAfterClose() {
        ClientStates states = states(10, folder);
        states.stage(1, Tensors.of(new byte[1]));
        states.commit();
        states.close();
        Tensor late = Tensors.of(new byte[1]);
        states.stage(2, late);
        states.commit();
        states.discard();
        assertThat(late.isNull()).isTrue();
        assertThat(states.clients()).isEmpty();
        assertThat(states.read(1)).isNull();
        states.close();
        assertThat(folder).isEmptyDirectory();
    }

    private static ClientStates states(long limit, Path folder) {
        return new ClientStates(limit, new StateFile(folder));
    }

    private static byte[] read(ClientStates states, int client) {
        try (Tensor state = states.read(client)) {
            if (state == null) {
                return null;
            }
            byte[] bytes = new byte[(int) state.numel()];
            ByteBuffer memory = ByteTensors.buffer(state, 0, state.numel());
            memory.get(bytes);
            return bytes;
        }
    }

    /** Returns this process's descriptors of nameless files in the folder. */
    static List<Path> files(Path folder) {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(descriptor -> isIn(folder, descriptor)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isIn(Path folder, Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith(folder + "/") && target.endsWith(" (deleted)");
        } catch (IOException closed) {
            return false;
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
