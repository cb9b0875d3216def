package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.report.Partition;
import org.blazefl4j.util.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PartitionCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int partition(String... arguments) {
        String[] args = new String[arguments.length + 2];
        args[0] = "partition";
        args[1] = "--output=" + folder.resolve("page.html");
        System.arraycopy(arguments, 0, args, 2, arguments.length);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    @Test
    void shouldPrintHowUnequalClientsAreAndWriteThePage() {
        assertThat(partition("--partition=shards", "--num-shards=10", "--num-clients=5"))
                .as(err.toString())
                .isZero();

        assertThat(out.toString().lines())
                .containsExactly(
                        "Partition of fashion-mnist: shards, 10 in total",
                        "  clients                            5",
                        "  classes                            10",
                        "  samples                            10,000",
                        "  samples per client                 from 2,000 to 2,000, median 2,000",
                        "  Gini coefficient of these sizes    0",
                        "  classes per client, mean           2",
                        "  total variation to the global mix  mean 0.8000, largest 0.8000",
                        "  page                               " + folder.resolve("page.html"));
        assertThat(folder.resolve("page.html")).content().contains("Samples of the clients");
    }

    @Test
    void shouldRefuseWhatRunRefuses() {
        assertThat(partition("--dir-alpha=1")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j partition: --dir-alpha has no effect: add --partition dirichlet,"
                        + " capped-dirichlet, balanced-dirichlet or dirichlet-sizes, or omit it");
    }

    @Test
    void shouldNameTheOptionsOfAPartitionThatCannotBe() {
        assertThat(partition("--partition=shards", "--num-shards=7")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j partition: number of shards: --num-shards=7, expected=a multiple of 100");
    }

    /** A label of a table of arrays makes as many classes as it says. */
    @Test
    void shouldRefuseMoreCountsThanAPageHolds() throws IOException {
        String file =
                "{\"user_data\": {\"u\": {\"x\": [[1], [2]], \"y\": [0, 600000]}, \"v\": {\"x\": [[1], [2]], \"y\": [0, 1]}}}";
        Path leaf = Files.writeString(folder.resolve("a.json"), file);

        assertThat(partition("--data-file=" + leaf, "--num-clients=2")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith(
                        "blazefl4j partition: partition too large to show: --num-clients=2, classes=600001, limit=1000000 for"
                                + " clients times classes; lower --num-clients");
    }

    @Test
    void shouldDivideClassesByATable() throws IOException {
        String even = "1,1,1,1,1,1,1,1,1,1\n";
        Path shares = Files.writeString(folder.resolve("shares.csv"), even + "\n" + even + "3,0,0,0,0,0,0,0,0,.0e0\n");

        assertThat(partition("--partition=class-shares", "--class-shares=" + shares, "--num-clients=3"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .startsWith("Partition of fashion-mnist: class-shares of shares.csv")
                .contains("  samples per client                 from 600 to 4,700, median 4,700");
        assertThat(SmallRun.of(1, "--partition=class-shares", "--class-shares=" + shares)
                        .toMap())
                .containsEntry("class_shares", shares.toString())
                .containsEntry("class_shares_sha256", Sha256.hex(shares));
    }

    @Test
    void shouldReadATableOfClassesAsExcelWritesIt() throws IOException {
        Path shares =
                Files.writeString(folder.resolve("shares.csv"), "\uFEFF1,1,1,1,1,1,1,1,1,1\r\n3,3,3,3,3,3,3,3,3,3\r\n");

        assertThat(partition("--partition=class-shares", "--class-shares=" + shares, "--num-clients=2"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("  samples per client                 from 2,500 to 7,500");
    }

    @Test
    void shouldRefuseASkewThatItDoesNotShow() {
        assertThat(partition(
                        "--dataset=synthetic", "--partition=natural", "--num-clients=30", "--feature-skew=rotation"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith(
                        "blazefl4j partition: --feature-skew has no effect: add it to run (the partition is the same"
                                + " with it), or omit it");
        assertThat(folder.resolve("page.html")).doesNotExist();
    }

    @Test
    void shouldSayWhatIsWrongWithATableOfClasses() throws IOException {
        Path shares = Files.writeString(folder.resolve("shares.csv"), "1,2\n3,x\n");
        String[] both = {"--partition=class-shares", "--class-shares=" + shares};

        assertThat(partition("--partition=class-shares")).isEqualTo(ExitCode.USAGE);
        assertThat(partition(both[1])).isEqualTo(ExitCode.USAGE);
        assertThat(partition(both)).isEqualTo(ExitCode.USAGE);
        Files.writeString(shares, "1,2\n");
        assertThat(partition(both[0], both[1], "--num-clients=2")).isEqualTo(ExitCode.USAGE);
        Files.delete(shares);
        assertThat(partition(both)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains(
                        "class shares missing: --partition=class-shares, --class-shares=none, expected=a table in CSV with a"
                                + " line for each client and a number for each class; add --class-shares",
                        "--class-shares has no effect: add --partition class-shares, or omit it",
                        "not a share: --class-shares=" + shares + ", line=2, column=2, value=x, expected=a number, 0 or"
                                + " more; the file has no header",
                        "class shares: rows=1, columns=2, expected=2 rows, one for each client, and 10 columns, one for"
                                + " each class in the labels; change them, or --num-clients",
                        "expected=a file that can be read");
    }

    @Test
    void shouldTakeSizesAndAnEvenShare() {
        assertThat(partition(
                        "--partition=sizes", "--client-sizes=7000,2000,1000", "--iid-share=0.3", "--num-clients=3"))
                .as(err.toString())
                .isZero();

        assertThat(out.toString().lines())
                .startsWith("Partition of fashion-mnist: sizes, 0.3 of all dealt evenly")
                .contains("  samples per client                 from 1,700 to 5,900, median 2,400");
    }

    @Test
    void shouldNameTheOptionForSizesThatAreMissingOrTooMany() {
        assertThat(partition("--partition=sizes")).isEqualTo(ExitCode.USAGE);
        assertThat(partition("--partition=sizes", "--client-sizes=1,2")).isEqualTo(ExitCode.USAGE);
        assertThat(partition("--partition=shards", "--iid-share=1")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains(
                        "client sizes missing: --partition=sizes, --client-sizes=none, expected=one number above 0 for"
                                + " each client, such as 300,200,100; add --client-sizes",
                        "client sizes: --client-sizes=2, expected=100, one for each client; change their number or"
                                + " --num-clients",
                        "--iid-share out of range: --iid-share=1.0, limit=[0, 1)");
    }

    @Test
    void shouldRefuseAPageThatIsNone() {
        assertThat(partition("--output=x.csv")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .startsWith("blazefl4j partition: not a page: --output=x.csv, expected=a name that ends in .html;"
                        + " choose another");
    }

    /** What a run records and what its clients have come from one method; DS-FL's open images lie with no client. */
    @Test
    void shouldCountTheImagesThatClientsOfARunGet() {
        try (ImageData images = ImageData.fashionMnist()) {
            RunOptions plain = SmallRun.of(1, "--partition=dirichlet");
            RunOptions dsfl = SmallRun.of(1, "--algorithm=dsfl", "--open-size=4000");

            assertThat(total(PartitionCommand.count(images, plain.trainedParts(images))))
                    .isEqualTo(10_000);
            assertThat(total(PartitionCommand.count(images, dsfl.trainedParts(images))))
                    .isEqualTo(6_000);
        }
    }

    @Test
    void shouldNotCountClientsThatNeverTrain() {
        try (ImageData images = ImageData.fashionMnist()) {
            RunOptions options = SmallRun.of(1, "--client-evaluation=last", "--unseen-clients=15");
            Partition recorded = PartitionCommand.recorded(images, options.trainedParts(images))
                    .orElseThrow();

            assertThat(recorded.toMap()).containsEntry("clients", 10);
            assertThat(total(recorded)).isEqualTo(4_000);
            assertThat(options.parts(images)).hasSize(25);
        }
    }

    /** A label of 99,999 makes 100,000 classes. */
    @Test
    void shouldRecordNoMoreThanAMillionCounts() {
        try (ImageData images = ImageData.fashionMnist()) {
            List<long[]> most = Collections.nCopies(100_000, new long[] {0});
            List<long[]> more = Collections.nCopies(100_001, new long[] {0});

            assertThat(PartitionCommand.recorded(images, most.subList(0, 100)))
                    .contains(PartitionCommand.count(images, most.subList(0, 100)));
            assertThat(PartitionCommand.recorded(images, more)).isEmpty();
        }
        assertThat(Partition.isRecorded(100_000, 10)).isTrue();
        assertThat(Partition.isRecorded(1_000, 100_000)).isFalse();
        assertThat(Partition.isRecorded(Integer.MAX_VALUE, Integer.MAX_VALUE)).isFalse();
    }

    private static long total(Partition partition) {
        return partition.samples().stream()
                .mapToLong(each -> Arrays.stream(each).sum())
                .sum();
    }
}
