package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Interrupts and resumes {@code blazefl4j run} with checkpoints. */
@Slow
final class CheckpointProcessTest {

    private static final int ROUNDS = 8;
    private static final int KILLS = 3;

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    /** The rows of an undisturbed run, without times. */
    private static List<String> expected;

    @BeforeAll
    static void runUndisturbed() throws Exception {
        try (CliProcess cli = start(shared, "--output", "results")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        expected = rows(shared.resolve("results"));
        assertThat(expected).hasSize(1 + ROUNDS).doesNotHaveDuplicates();
    }

    /** Starts a run with four clients a round, by default in two threads. */
    private static CliProcess start(Path in, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("run", "--sample-ratio", "0.04", "--epochs", "1"));
        args.addAll(Arrays.asList(more));
        addDefault(args, "--execution-mode", "multi-threaded");
        addDefault(args, "--global-round", "" + ROUNDS);
        if (!args.contains("single-threaded")) {
            args.addAll(List.of("--num-parallels", "2"));
        }
        return CliProcess.start(in, args.toArray(String[]::new));
    }

    private static void addDefault(List<String> args, String option, String value) {
        if (!args.contains(option)) {
            args.addAll(List.of(option, value));
        }
    }

    private CliProcess startSaved(String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("--checkpoint-dir", "saved"));
        args.addAll(Arrays.asList(more));
        return start(folder, args.toArray(String[]::new));
    }

    private Path results() {
        return folder.resolve("results");
    }

    /** Returns the lines of the CSV file without the columns of times. */
    private static List<String> rows(Path results) throws IOException {
        List<String> lines = Files.readAllLines(results.resolve("metrics.csv"));
        List<String> columns = List.of(lines.get(0).split(","));
        return lines.stream()
                .map(line -> {
                    String[] values = line.split(",", -1);
                    List<String> kept = new ArrayList<>();
                    for (int i = 0; i < values.length; i++) {
                        if (!columns.get(i).endsWith("_seconds")) {
                            kept.add(values[i]);
                        }
                    }
                    return String.join(",", kept);
                })
                .toList();
    }

    private static List<Map<String, Object>> jsonLines(Path results) throws IOException {
        List<Map<String, Object>> lines = new ArrayList<>();
        for (String line : Files.readAllLines(results.resolve("metrics.jsonl"))) {
            lines.add(JSON.std.mapFrom(line));
        }
        return lines;
    }

    private List<String> savedFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("saved"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void expectTheUndisturbedRun(Path results) throws IOException {
        assertThat(rows(results)).isEqualTo(expected);
        assertThat(jsonLines(results))
                .filteredOn(line -> line.get("type").equals("round"))
                .extracting(line -> line.get("round"))
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(jsonLines(results))
                .filteredOn(line -> line.get("type").equals("configuration"))
                .hasSize(1);
        assertThat(jsonLines(results).get(0)).containsEntry("type", "configuration");
    }

    @Test
    void shouldContinueWithTheSameCommandLineAfterRandomKills() throws Exception {
        long seed = Long.getLong("blazefl4j.seed", System.nanoTime());
        System.out.println("kills at random moments: -Dblazefl4j.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            String mode = random.nextBoolean() ? "multi-process" : "multi-threaded";
            try (CliProcess cli = startSaved("--resume", "--output", "results", "--execution-mode", mode)) {
                if (kill % 2 == 0) {
                    cli.awaitOutput("  results        results"); // start-up can outlast the delay
                }
                cli.killAfter(Duration.ofMillis(random.nextInt(1500)));
                assertThat(cli.err()).as("seed %d, kill %d", seed, kill).isEmpty();
            }
        }

        try (CliProcess cli = startSaved("--resume", "--output", "results", "--execution-mode", "single-threaded")) {
            assertThat(cli.exitCode()).as("seed %d: %s", seed, cli.err()).isZero();
            assertThat(cli.out()).contains("completed: 8 of 8 rounds");
        }
        expectTheUndisturbedRun(results());
        assertThat(savedFiles())
                .containsExactly(
                        "lock", "round-000006.checkpoint", "round-000007.checkpoint", "round-000008.checkpoint");
    }

    @Test
    void shouldEndEarlyInTheSameRoundAfterAResume() throws Exception {
        String reason = "  ended early    round is 3.0, at least 3.0";
        for (int start = 0; start < 2; start++) {
            try (CliProcess cli = startSaved("--output", "results", "--resume", "--stop-at", "round=3")) {
                assertThat(cli.exitCode()).as(cli.err()).isZero();
                assertThat(cli.out().lines())
                        .contains("  ends early     at round=3", "completed: 3 of 8 rounds", reason);
            }
            assertThat(rows(results())).isEqualTo(expected.subList(0, 4));
        }
        assertThat(jsonLines(results()).get(0)).containsEntry("stop_at", "round=3");
        assertThat(jsonLines(results()))
                .last()
                .satisfies(line -> assertThat(line)
                        .containsEntry("status", "completed")
                        .containsEntry("stop_reason", "round is 3.0, at least 3.0"));

        try (CliProcess cli = startSaved("--resume")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out().lines()).contains("completed: 8 of 8 rounds").doesNotContain(reason);
        }
        expectTheUndisturbedRun(results());
    }

    @Test
    void shouldContinueInTheDefaultFolderAfterKillsBeforeTheFirstRound() throws Exception {
        Path runs = folder.resolve("runs");
        try (CliProcess cli = startSaved("--resume")) {
            cli.await("a folder under runs", () -> Files.isDirectory(runs) && isNotEmpty(runs));
            cli.killAfter(Duration.ZERO);
        }
        try (CliProcess cli = startSaved("--resume")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }

        try (Stream<Path> folders = Files.list(runs)) {
            List<Path> used = folders.filter(CheckpointProcessTest::isNotEmpty).toList();
            assertThat(used).hasSize(1);
            expectTheUndisturbedRun(used.get(0));
        }
    }

    private static boolean isNotEmpty(Path folder) {
        try (Stream<Path> content = Files.list(folder)) {
            return content.findAny().isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldSaveWhenStoppedAndSayHowToContinue() throws Exception {
        int stoppedAfter;
        String command;
        Path results = folder.resolve("it's here");
        String[] args = {
            "--output",
            "it's here",
            "--global-round",
            "100000",
            "--checkpoint-every",
            "99999",
            "--execution-mode",
            "multi-process"
        };
        try (CliProcess cli = startSaved(args)) {
            cli.awaitOutput("round      2/100000");
            cli.signalAll("TERM");
            assertThat(cli.exitCode()).isEqualTo(143);
            command =
                    cli.out().split("  to continue    ")[1].lines().findFirst().orElseThrow();
            stoppedAfter = (int) last(jsonLines(results)).get("rounds");
        }
        assertThat(command)
                .endsWith(" run --sample-ratio 0.04 --epochs 1 --checkpoint-dir saved --output 'it'\\''s here'"
                        + " --global-round 100000 --checkpoint-every 99999 --execution-mode multi-process"
                        + " --num-parallels 2 --resume");
        String file = String.format("round-%06d.checkpoint", stoppedAfter);
        assertThat(savedFiles()).containsExactly("lock", "round-000000.checkpoint", file);

        int rounds = stoppedAfter + 2;
        try (CliProcess cli = CliProcess.startInShell(folder, command.replace("100000", "" + rounds))) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out())
                    .contains("  resumed        after round " + stoppedAfter + ", from saved/" + file)
                    .contains("completed: " + rounds + " of " + rounds + " rounds");
        }
        int compared = Math.min(1 + rounds, expected.size());
        assertThat(rows(results))
                .hasSize(1 + rounds)
                .startsWith(expected.subList(0, compared).toArray(String[]::new));
        List<Map<String, Object>> lines = jsonLines(results);
        assertThat(lines.get(2 + stoppedAfter))
                .containsEntry("type", "resumed")
                .containsEntry("completed_rounds", stoppedAfter)
                .containsEntry("damaged_checkpoints", List.of())
                .containsEntry("environment_differences", List.of());
        assertThat(last(lines)).containsEntry("status", "completed").containsEntry("rounds", rounds);
        assertThat(lines).hasSize(2 + rounds + 2);
    }

    private static Map<String, Object> last(List<Map<String, Object>> lines) {
        return lines.get(lines.size() - 1);
    }

    @Test
    void shouldRefuseOptionsThatCannotContinueAndReportDamage() throws Exception {
        try (CliProcess cli = startSaved("--output", "results", "--global-round", "2")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        expectRefusal("checkpoint folder holds a run: --checkpoint-dir=saved, found=saved/round-000002.checkpoint,"
                + " expected=an empty folder; add --resume, or name another folder");
        expectRefusal(
                "configuration changed: file=saved/round-000002.checkpoint, --seed=7 (saved: 42), --lr=0.2 (saved: 0.1),"
                        + " --memory-format=channels_last (saved: auto), --autocast=bfloat16 (saved: off);"
                        + " start as before, or with another checkpoint folder",
                "--resume",
                "--lr",
                "0.2",
                "--memory-format",
                "channels_last",
                "--autocast",
                "bfloat16",
                "--seed",
                "7");

        writeOtherImages(folder.resolve("images"));
        try (ImageData images = ImageData.fashionMnist(folder.resolve("images"))) {
            expectRefusal(
                    "data changed: --dataset=fashion-mnist, sha256=" + images.sha256() + ", expected="
                            + jsonLines(results()).get(0).get("data_sha256")
                            + ", as saved in saved/round-000002.checkpoint; restore the files that the run"
                            + " started with, or start again with another --checkpoint-dir",
                    "--resume",
                    "--data-dir",
                    "images");
        }

        Path latest = folder.resolve("saved/round-000002.checkpoint");
        Files.write(latest, Arrays.copyOf(Files.readAllBytes(latest), 1000));
        Path csv = results().resolve("metrics.csv");
        Path moved = Files.move(csv, folder.resolve("metrics.csv"));
        try (CliProcess cli = startSaved("--resume")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err())
                    .contains("checkpoint not used: saved/round-000002.checkpoint: damaged or cut short: sha256=")
                    .contains("part does not fit what was saved: part=metrics.csv")
                    .contains("result file is missing: file=" + csv)
                    .contains(
                            "; put it back, give their folder by --output, or a new one for files that begin with round 2");
            assertThat(cli.out()).doesNotContain("metrics.csv");
        }
        Files.move(moved, csv);
        try (CliProcess cli = startSaved("--resume")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out())
                    .contains("  resumed        after round 1, from saved/round-000001.checkpoint")
                    .contains("  not used       saved/round-000002.checkpoint: damaged or cut short: sha256=");
        }
        expectTheUndisturbedRun(results());
    }

    @Test
    void shouldContinueInNewFilesWithoutTheEarlierRounds() throws Exception {
        Path results = folder.resolve("o");
        Path csv = results.resolve("metrics.csv");
        String checkpoints = "o/saved";
        try (CliProcess cli = start(folder, "--output", "o", "--checkpoint-dir", checkpoints, "--global-round", "2")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        Files.writeString(csv, Files.readString(csv).replace("\n", "\r\n")); // as a spreadsheet saves it

        byte[] before = Files.readAllBytes(csv);
        try (CliProcess cli = start(folder, "--checkpoint-dir", checkpoints, "--resume")) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err())
                    .startsWith("blazefl4j run: part does not fit what was saved: part=metrics.csv, ")
                    .contains("result file is not the one that was saved: file=" + csv)
                    .endsWith("; put it back, give their folder by --output, or a new one for files"
                            + " that begin with round 3\n");
        }
        assertThat(csv).hasBinaryContent(before);

        Path fresh = folder.resolve("new");
        try (CliProcess cli =
                start(folder, "--checkpoint-dir", checkpoints, "--resume", "--output", "new", "--global-round", "3")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out()).contains("  new files      begin with round 3\n");
        }
        assertThat(jsonLines(fresh))
                .extracting(line -> line.get("type"))
                .containsExactly("configuration", "partition", "resumed", "round", "summary");
        assertThat(jsonLines(fresh).get(2)).containsEntry("completed_rounds", 2);
        try (CliProcess cli = start(folder, "--checkpoint-dir", checkpoints, "--resume", "--global-round", "4")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
        }
        assertThat(rows(fresh)).containsExactly(expected.get(0), expected.get(3), expected.get(4));
        assertThat(csv).hasBinaryContent(before);
    }

    @Test
    void shouldLeaveNoFilesOfAnInterruptedStart() throws Exception {
        try (CliProcess cli = start(folder, "--output", "o/results", "--checkpoint-dir", "o/saved")) {
            cli.await("a folder", () -> Files.isDirectory(folder.resolve("o/results")));
            cli.signalAll("INT");
            assertThat(cli.exitCode()).isEqualTo(130);
            assertThat(cli.err()).isEmpty();
        }
        assertThat(folder.resolve("o")).doesNotExist();
    }

    /** Writes a hundred black training images and one test image, all of class 0. */
    private static void writeOtherImages(Path to) throws IOException {
        Files.createDirectory(to);
        for (String part : List.of("train", "t10k")) {
            int n = part.equals("train") ? 100 : 1;
            ByteBuffer images = ByteBuffer.allocate(16 + n * 28 * 28);
            images.putInt(0x803).putInt(n).putInt(28).putInt(28);
            Files.write(to.resolve(part + "-images-idx3-ubyte"), images.array());
            ByteBuffer labels = ByteBuffer.allocate(8 + n).putInt(0x801).putInt(n);
            Files.write(to.resolve(part + "-labels-idx1-ubyte"), labels.array());
        }
    }

    private void expectRefusal(String message, String... args) throws Exception {
        byte[] before = Files.readAllBytes(results().resolve("metrics.csv"));
        try (CliProcess cli = startSaved(args)) {
            assertThat(cli.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(cli.err()).isEqualTo("blazefl4j run: " + message + "\n");
        }
        assertThat(results().resolve("metrics.csv")).hasBinaryContent(before);
        assertThat(folder.resolve("runs")).doesNotExist();
    }
}
