package org.blazefl4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.blazefl4j.binding.Build;
import org.blazefl4j.core.CheckpointReader;
import org.blazefl4j.core.CheckpointWriter;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.util.LogLines;
import org.blazefl4j.util.Sha256;
import org.blazefl4j.util.Slow;
import org.blazefl4j.util.SmallDisk;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointsTest {

    private static final Simulation.Summary SUMMARY =
            new Simulation.Summary(0, 0, 0, true, Optional.empty(), Map.of(), PhaseTimes.NONE, PeakMemory.UNKNOWN);

    @TempDir
    private Path temp;

    private Path folder() {
        return temp.resolve("checkpoints");
    }

    private static RoundReport report(int round) {
        return new RoundReport(round, List.of(), List.of(), 0, List.of(), Map.of(), PhaseTimes.NONE);
    }

    /** Saves rounds 0 to {@code last}, each with its number as the value. */
    private void saveRounds(int last) {
        Values values = new Values();
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", values)) {
            for (int round = 0; round <= last; round++) {
                values.now.put("round", round);
                checkpoints.save(round);
            }
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private Path file(int round) {
        return folder().resolve(String.format(Locale.ROOT, "round-%06d.checkpoint", round));
    }

    private static void flip(Path file, long position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (position < 0 ? bytes.length + position : position)] ^= 1;
        Files.write(file, bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 9})
    void shouldDeleteOlderFilesWhenSpaceIsShortButKeepTheLatestIntactOne(int keep) throws Exception {
        Values values = Values.of("bytes", new byte[100_000]);
        try (SmallDisk disk = SmallDisk.on(temp, 256)) {
            try (Checkpoints checkpoints = Checkpoints.in(folder()).keep(keep).add("part", values)) {
                checkpoints.save(1);
                checkpoints.save(2);
                checkpoints.save(3); // three do not fit
                assertThat(files()).contains("round-000002.checkpoint", "round-000003.checkpoint");

                values.now.put("bytes", new byte[200_000]);
                assertThatExceptionOfType(UncheckedIOException.class)
                        .isThrownBy(() -> checkpoints.save(4))
                        .withMessageMatching("checkpoints cannot be written: folder=" + folder()
                                + ", found=no space left, needed=20\\d{4} bytes, limit=1\\d{5} bytes free; name a"
                                + " folder that can be written to and has room");
                assertThat(files()).contains("round-000003.checkpoint").doesNotContain("round-000002.checkpoint");
            }
            try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", values)) {
                assertThat(checkpoints.resume().orElseThrow().round()).isEqualTo(3);
            }
        }
    }

    @Test
    void shouldRestoreEveryPart() {
        Values values = new Values();
        values.now.put("none", null);
        values.now.put("text", "größer");
        values.now.put("list", List.of(1, 2.5, "three"));
        values.now.put("empty", Map.of());
        try (Tensor tensor = Tensors.of(new long[] {1, 2, 3, 4}, 2, 2);
                Checkpoints checkpoints = Checkpoints.in(folder())
                        .add("tensor", Values.of("t", tensor))
                        .add("values", values)
                        .add("nothing", new Values())) {
            checkpoints.save(7);
        }

        Values tensor = new Values();
        Values restored = new Values();
        Values nothing = Values.of("left", "over");
        try (Checkpoints checkpoints = Checkpoints.in(folder())
                .add("values", restored)
                .add("nothing", nothing)
                .add("tensor", tensor)) {
            SavedRun resumed = checkpoints.resume().orElseThrow();

            assertThat(resumed.file()).isEqualTo(file(7));
            assertThat(resumed.round()).isEqualTo(7);
            assertThat(resumed.skipped()).isEmpty();
            assertThat(resumed.environmentDifferences(NumericEnvironment.capture()))
                    .isEmpty();
        }
        assertThat(restored.now).isEqualTo(values.now);
        assertThat(restored.now.keySet()).containsExactly("none", "text", "list", "empty");
        assertThat(nothing.now).isEmpty();
        try (Tensor saved = (Tensor) tensor.now.get("t");
                Tensor expected = Tensors.of(new long[] {1, 2, 3, 4}, 2, 2)) {
            assertThat(saved.equal(expected)).isTrue();
        }
    }

    @Test
    void shouldDescribeTheLatestCheckpointWithoutRestoringIt() {
        Values values = Values.of("x", 1);
        try (Checkpoints checkpoints =
                Checkpoints.in(folder()).configuration(Map.of("lr", 0.1)).add("part", values)) {
            checkpoints.save(3);
        }

        try (Checkpoints checkpoints = Checkpoints.in(folder()).configuration(Map.of("lr", 0.1))) {
            SavedRun latest = checkpoints.latest().orElseThrow();

            assertThat(latest.file()).isEqualTo(file(3));
            assertThat(latest.round()).isEqualTo(3);
            assertThat(latest.createdBy()).isEqualTo(Build.VERSION).isNotBlank();
            assertThat(latest.configuration()).isEqualTo(Map.of("lr", "0.1"));
            assertThat(latest.environment()).containsKeys("libTorch", "cpuCapability");
            assertThat(latest.skipped()).isEmpty();
        }
    }

    @Test
    void shouldLeaveNoFilesIfNothingWasSaved() throws IOException {
        for (Path made : List.of(temp.resolve("a/b"), Files.createDirectory(temp.resolve("there")))) {
            try (Checkpoints checkpoints = Checkpoints.in(made).add("part", new Values())) {
                assertThat(checkpoints.latest()).isEmpty();
                assertThat(checkpoints.resume()).isEmpty();
                assertThat(made.resolve("lock")).exists();
            }
        }
        assertThat(temp).isDirectoryNotContaining("glob:**a");
        assertThat(temp.resolve("there")).isEmptyDirectory();
    }

    @Test
    void shouldLeaveTheLockOfAnotherRun() {
        try (Checkpoints first = Checkpoints.in(folder())) {
            first.startAnew();
            try (Checkpoints second = Checkpoints.in(folder())) {
                assertThatThrownBy(second::startAnew).isInstanceOf(CheckpointException.class);
            }
            assertThat(folder().resolve("lock")).exists();
            first.save(0);
        }
        assertThat(file(0)).exists();
    }

    @Test
    void shouldSayThatAFolderCannotBeCreated() throws IOException {
        Path file = Files.createFile(temp.resolve("file"));
        try (Checkpoints checkpoints = Checkpoints.in(file.resolve("sub"))) {
            assertThatThrownBy(checkpoints::startAnew)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("checkpoints cannot be used: folder=" + file + "/sub, found=not a folder: " + file
                            + "/sub; name a folder that can be written to and has room");
        }
    }

    @Test
    void shouldKeepTheLastFewFilesAndNothingElse() throws IOException {
        saveRounds(4);
        assertThat(files())
                .containsExactly(
                        "lock", "round-000002.checkpoint", "round-000003.checkpoint", "round-000004.checkpoint");
    }

    @Test
    void shouldDeleteUnfinishedFilesOfAKilledRun() throws IOException {
        saveRounds(0);
        Files.writeString(folder().resolve("round-000001.checkpoint.partial"), "BFL4J");

        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Values())) {
            assertThat(checkpoints.resume()).isPresent();
        }
        assertThat(files()).containsExactly("lock", "round-000000.checkpoint");
    }

    @Test
    void shouldSaveAfterEachNthRoundAndTheLastOneWhenTheRunEnds() throws IOException {
        Values values = new Values();
        try (Checkpoints checkpoints = Checkpoints.in(folder()).every(3).add("part", values)) {
            for (int round = 0; round < 8; round++) {
                values.now.put("round", round + 1);
                checkpoints.roundFinished(report(round));
            }
            assertThat(files()).containsExactly("lock", "round-000003.checkpoint", "round-000006.checkpoint");
            checkpoints.runFinished(SUMMARY);
        }
        assertThat(files()).contains("round-000008.checkpoint");
    }

    @Test
    void shouldNotSaveTheLastRoundTwice() throws IOException {
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Values())) {
            checkpoints.runFinished(SUMMARY);
            assertThat(folder()).doesNotExist();

            checkpoints.roundFinished(report(0));
            Files.delete(file(1));
            checkpoints.runFinished(SUMMARY);
            assertThat(files()).containsExactly("lock");
        }
    }

    @Test
    void shouldReportDamagedFilesAndUseThePreviousOne() throws IOException {
        saveRounds(3);
        flip(file(3), -1);
        Files.write(file(2), new byte[5]);
        Values values = new Values();

        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", values);
                LogLines log = new LogLines(Checkpoints.class)) {
            SavedRun resumed = checkpoints.resume().orElseThrow();

            assertThat(values.now).isEqualTo(Map.of("round", 1));
            assertThat(resumed.round()).isEqualTo(1);
            assertThat(resumed.skipped()).hasSize(2);
            assertThat(resumed.skipped().get(0)).startsWith(file(3) + ": damaged or cut short: sha256=");
            assertThat(resumed.skipped().get(1)).isEqualTo(file(2) + ": cut short: bytes=5, limit=44 or more");
            assertThat(log.lines())
                    .containsExactly(
                            "checkpoint not used: " + resumed.skipped().get(0),
                            "checkpoint not used: " + resumed.skipped().get(1));

            checkpoints.save(2);
        }
        assertThat(files()).containsExactly("lock", "round-000001.checkpoint", "round-000002.checkpoint");
    }

    @Test
    void shouldNameEachFileAndItsDamageIfAllAreDamaged() throws IOException {
        saveRounds(1);
        flip(file(1), 0);
        flip(file(0), 20);

        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Values())) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("no checkpoint can be used: ")
                    .hasMessageContaining(
                            file(1) + ": not a checkpoint, or its start is damaged: first_bytes=43464c344a434b50,"
                                    + " expected=42464c344a434b50")
                    .hasMessageContaining(file(0) + ": damaged or cut short: sha256=")
                    .hasMessageEndingWith("start again with an empty folder");
        }
    }

    @Test
    void shouldContinueFromAFileWithOtherDigitsInItsName() throws IOException {
        Charset ofNames = Charset.forName(System.getProperty("sun.jnu.encoding"));
        assumeTrue(ofNames.newEncoder().canEncode('٠'), "this locale has no such file names");
        try (Checkpoints checkpoints = Checkpoints.in(folder())) {
            checkpoints.save(12);
        }
        Path arabic = Files.move(file(12), folder().resolve("round-٠٠٠٠١٢.checkpoint"));

        try (Checkpoints checkpoints = Checkpoints.in(folder()).keep(1)) {
            assertThat(checkpoints.resume().orElseThrow().file()).isEqualTo(arabic);
            checkpoints.save(13);
        }
        assertThat(files()).containsExactly("lock", "round-000013.checkpoint");
    }

    @Test
    void shouldEscapeControlCharactersOfAHostileConfiguration() {
        try (Checkpoints checkpoints = Checkpoints.in(folder()).configuration(Map.of("lr", "\u001b[2J\n0.1"))) {
            checkpoints.save(0);
        }

        try (Checkpoints checkpoints = Checkpoints.in(folder()).configuration(Map.of("lr", 0.2))) {
            assertThatThrownBy(checkpoints::latest)
                    .hasMessageContaining(", lr=0.2 (saved: \\u001b[2J\\u000a0.1); start as before");
        }
    }

    @Test
    void shouldRefuseAChangedConfigurationAndNameEachChange() {
        try (Checkpoints checkpoints =
                Checkpoints.in(folder()).configuration(Map.of("lr", 0.1, "seed", 42, "old", 1))) {
            checkpoints.save(0);
        }

        try (Checkpoints checkpoints =
                Checkpoints.in(folder()).configuration(Map.of("lr", 0.2, "seed", 42, "model", "cnn"))) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("configuration changed: file=" + file(0) + ", ")
                    .hasMessageContaining("lr=0.2 (saved: 0.1)")
                    .hasMessageContaining("model=cnn (saved: none)")
                    .hasMessageContaining("old=none (saved: 1)")
                    .hasMessageNotContaining("seed");
            assertThatThrownBy(checkpoints::latest).isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void shouldAllowChangesThatBitsDoNotDependOn() {
        try (Checkpoints checkpoints = Checkpoints.in(folder()).configuration(Map.of("rounds", 5))) {
            checkpoints.save(0);
        }

        try (Checkpoints checkpoints =
                Checkpoints.in(folder()).configuration(Map.of("rounds", 9)).mayChange("rounds")) {
            assertThat(checkpoints.resume()).isPresent();
        }
    }

    @Test
    void shouldWarnOfAChangedNumericEnvironmentAndContinue() throws Exception {
        NumericEnvironment here = NumericEnvironment.capture();
        NumericEnvironment there = with(here, "libTorch", "1.0");
        try (Checkpoints checkpoints = Checkpoints.in(folder()).environment(there)) {
            checkpoints.save(0);
        }

        try (Checkpoints checkpoints = Checkpoints.in(folder());
                LogLines log = new LogLines(Checkpoints.class)) {
            assertThat(checkpoints.resume().orElseThrow().environmentDifferences(here))
                    .containsExactly("libTorch=" + here.libTorch() + " (saved: 1.0)");
            assertThat(log.lines())
                    .containsExactly("numeric environment changed, bits may differ: libTorch=" + here.libTorch()
                            + " (saved: 1.0)");
        }
    }

    @Test
    void shouldNotWarnOfSettingsThatEarlierVersionsDidNotRecord() throws Exception {
        NumericEnvironment here = NumericEnvironment.capture();
        Map<String, String> saved = SavedRun.text(here.toMap());
        saved.keySet().removeAll(NumericEnvironment.EARLIER_DEFAULTS.keySet());
        SavedRun earlier = new SavedRun(file(0), 0, "0.1.0", Map.of(), saved, List.of());

        assertThat(saved).hasSize(here.toMap().size() - 3);
        assertThat(earlier.environmentDifferences(here)).isEmpty();
        assertThat(earlier.environmentDifferences(with(here, "cudaConvPrecision", "IEEE")))
                .containsExactly("cudaConvPrecision=IEEE (saved: TF32)");
    }

    /** The current environment with one component changed. */
    private static NumericEnvironment with(NumericEnvironment environment, String name, Object value)
            throws ReflectiveOperationException {
        RecordComponent[] components = NumericEnvironment.class.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = components[i].getName().equals(name)
                    ? value
                    : components[i].getAccessor().invoke(environment);
        }
        return (NumericEnvironment) NumericEnvironment.class.getConstructors()[0].newInstance(values);
    }

    @Test
    void shouldRefuseOtherPartsThanInTheFile() {
        try (Checkpoints checkpoints =
                Checkpoints.in(folder()).add("handler", new Values()).add("csv", new Values())) {
            checkpoints.save(0);
        }

        Values handler = Values.of("untouched", true);
        try (Checkpoints checkpoints =
                Checkpoints.in(folder()).add("handler", handler).add("trainer", new Values())) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("parts changed: file=" + file(0) + ", saved but not added=[csv],"
                            + " added but not saved=[trainer]; add the parts that the run was saved with");
        }
        assertThat(handler.now).containsOnlyKeys("untouched");
    }

    /** A class that the part does not declare, whose constructor could do anything. */
    record Undeclared(int x) {}

    @Test
    void shouldRefuseToSaveValuesItCouldNotReadBack() {
        Values part = Values.of("n", List.of(new Undeclared(1)));
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", part)) {
            assertThatThrownBy(() -> checkpoints.save(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("entry could not be read back: part=part, entry=n; class is not declared:"
                            + " type=" + Undeclared.class.getName() + ", place=java.lang.Object");
        }
    }

    /** Checks its components. */
    record Checked(Tensor pair, Tensor none) {
        Checked {
            if (pair.numel() != 2 || pair.scalar_type().intern() != ScalarType.Long || none.dim() != 2) {
                throw new IllegalArgumentException("no pair");
            }
        }
    }

    @Test
    void shouldSaveARecordWhoseConstructorReadsItsTensors() {
        try (Tensor pair = Tensors.of(new long[] {1, 2});
                Tensor none = torch.empty(0, 3);
                Checkpoints checkpoints =
                        Checkpoints.in(folder()).add("part", Values.of("checked", new Checked(pair, none)))) {
            checkpoints.save(0);
        }

        Reading part = new Reading("checked", Checked.class);
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", part)) {
            assertThat(checkpoints.resume()).isPresent();
        }
    }

    @Test
    void shouldNameThePartThatDoesNotFitTheFile() {
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", Values.of("n", "text"))) {
            checkpoints.save(0);
        }

        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Reading("n", Integer.class))) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("part does not fit what was saved: part=part, file=" + file(0)
                            + ", found=entry of another type: part=part, entry=n, expected=java.lang.Integer;"
                            + " package damaged: type=java.lang.String, expected=java.lang.Integer");
        }
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Reading("m", String.class))) {
            assertThatThrownBy(checkpoints::resume)
                    .hasMessageEndingWith("found=no such entry: part=part, entry=m, found=[n]");
        }
    }

    @Test
    void shouldLeaveTheFolderUnchangedIfAPartCannotBeSaved() throws IOException {
        saveRounds(0);
        Values values = new Values();
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", values)) {
            checkpoints.resume();
            values.now.put("thread", Thread.currentThread());

            assertThatThrownBy(() -> checkpoints.save(1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot cross: ");
        }
        assertThat(files()).containsExactly("lock", "round-000000.checkpoint");
    }

    @Test
    void shouldRefuseTwoEntriesWithTheSameName() {
        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Twice())) {
            assertThatThrownBy(() -> checkpoints.save(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("entry put twice: part=part, entry=x; give each entry another name");
        }
    }

    @Test
    void shouldRefuseToStartAnotherRunInAFolderWithCheckpoints() throws IOException {
        saveRounds(2);
        byte[] before = Files.readAllBytes(file(0));

        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Values())) {
            assertThatThrownBy(() -> checkpoints.save(0))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("checkpoint folder holds a run: folder=" + folder() + ", found=" + file(2)
                            + ", expected=an empty folder; resume that run, or name another folder");
        }
        assertThat(file(0)).hasBinaryContent(before);
    }

    @Test
    void shouldRefuseASecondRunInTheSameFolderUntilTheFirstIsClosed() {
        try (Checkpoints first = Checkpoints.in(folder())) {
            first.save(0);
            try (Checkpoints second = Checkpoints.in(folder())) {
                assertThatThrownBy(second::latest)
                        .isInstanceOf(CheckpointException.class)
                        .hasMessage("checkpoint folder is in use: folder=" + folder()
                                + ", by=this process; wait for the other run to end, or name another folder");
            }
            first.save(1);
        }
        try (Checkpoints second = Checkpoints.in(folder())) {
            assertThat(second.latest()).map(SavedRun::round).isEqualTo(Optional.of(1));
        }
    }

    @Slow
    @Test
    void shouldRefuseASecondProcessInTheSameFolder() throws Exception {
        try (Checkpoints first = Checkpoints.in(folder())) {
            first.save(0);
            Process other = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            LockProgram.class.getName(),
                            folder().toString())
                    .redirectErrorStream(true)
                    .start();

            assertThat(new String(other.getInputStream().readAllBytes()))
                    .startsWith("checkpoint folder is in use: folder=" + folder() + ", by=another process; ");
            assertThat(other.waitFor()).isZero();
        }
    }

    @Test
    void shouldRefuseAFileOfAnotherVersionInsteadOfUsingAnOlderOne() throws Exception {
        saveRounds(1);
        byte[] bytes = Files.readAllBytes(file(1));
        bytes[11] = 2;
        byte[] content = Arrays.copyOf(bytes, bytes.length - CheckpointFile.DIGEST_BYTES);
        System.arraycopy(Sha256.newDigest().digest(content), 0, bytes, content.length, CheckpointFile.DIGEST_BYTES);
        Files.write(file(1), bytes);

        try (Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Values())) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("checkpoint of another format: file=" + file(1) + ", version=2, expected=1; resume with"
                            + " the release of BlazeFL4J that wrote it");
        }
    }

    @Test
    void shouldRefuseInvalidCalls() {
        Checkpoints checkpoints = Checkpoints.in(folder()).add("part", new Values());

        assertThatThrownBy(() -> checkpoints.every(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("count too small: every=0, limit=1 or more");
        assertThatThrownBy(() -> checkpoints.keep(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("count too small: keep=0, limit=1 or more");
        assertThatThrownBy(() -> checkpoints.add("part", new Values()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("part added twice: part=part; choose another name");
        checkpoints.save(0);
        assertThatThrownBy(() -> checkpoints.add("late", new Values()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("part added too late: part=late; ");
        assertThatThrownBy(checkpoints::resume)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("resumed too late: ");
        checkpoints.close();
        checkpoints.close();
    }

    @Test
    void shouldLeaveARunUnchangedIfResumingIsRefused() throws IOException {
        try (Checkpoints checkpoints = Checkpoints.in(folder()).configuration(Map.of("lr", 0.1))) {
            checkpoints.save(0);
            checkpoints.save(9);
        }

        try (Checkpoints checkpoints = Checkpoints.in(folder()).configuration(Map.of("lr", 0.2))) {
            assertThatThrownBy(checkpoints::resume).isInstanceOf(CheckpointException.class);
            assertThatThrownBy(() -> checkpoints.save(0))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("checkpoint folder holds a run: folder=" + folder() + ", found=" + file(9));
        }
        assertThat(files()).containsExactly("lock", "round-000000.checkpoint", "round-000009.checkpoint");
    }

    @Test
    void shouldLeaveOtherFilesAlone() throws IOException {
        Files.createDirectories(folder());
        Files.writeString(folder().resolve("film.partial"), "not ours");
        saveRounds(4);

        assertThat(folder().resolve("film.partial")).hasContent("not ours");
    }

    @Test
    void shouldRefuseAFolderThatAnotherClassLoaderOfThisProcessUses() throws IOException {
        saveRounds(0);
        try (FileChannel other = FileChannel.open(folder().resolve("lock"), StandardOpenOption.WRITE);
                FileLock lock = other.lock();
                Checkpoints checkpoints = Checkpoints.in(folder())) {
            assertThatThrownBy(checkpoints::latest)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith("checkpoint folder is in use: folder=" + folder() + ", by=this process; ");
        }
    }

    @Test
    void shouldRefuseToSaveOnceClosed() throws IOException {
        Checkpoints checkpoints = Checkpoints.in(folder());
        checkpoints.save(0);
        checkpoints.close();

        assertThatThrownBy(() -> checkpoints.save(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("checkpoints are closed: folder=" + folder() + "; make new ones and resume");
        assertThat(files()).containsExactly("lock", "round-000000.checkpoint");
    }

    @Test
    void shouldExplainWhyTheFolderIsUnusable() throws IOException {
        Files.writeString(folder(), "a file");
        try (Checkpoints checkpoints = Checkpoints.in(folder())) {
            assertThatThrownBy(() -> checkpoints.save(0))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageStartingWith("checkpoints cannot be used: folder=" + folder() + ", found=");
        }
    }

    /** Reads one value of one type. */
    private record Reading(String name, Class<?> type) implements Checkpointable {
        @Override
        public void save(CheckpointWriter out) {}

        @Override
        public void restore(CheckpointReader in) {
            in.get(name, type);
        }
    }

    private static final class Twice implements Checkpointable {
        @Override
        public void save(CheckpointWriter out) {
            out.put("x", 1);
            out.put("x", 2);
        }

        @Override
        public void restore(CheckpointReader in) {}
    }
}
