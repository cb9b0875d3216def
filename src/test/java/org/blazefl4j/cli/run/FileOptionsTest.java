package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.ImageData;
import org.blazefl4j.util.ResourceStack;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs on tables. */
final class FileOptionsTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path table;

    /** Writes rows of which the class follows from a number and a word; 12 owners have 25 each. */
    @BeforeEach
    void writeTable() throws IOException {
        StringBuilder text = new StringBuilder("id,x,word,owner,y\n");
        for (int i = 0; i < 300; i++) {
            int x = i * 37 % 100 - 50;
            String word = i % 2 == 0 ? "plus" : "minus";
            String label = x + (i % 2 == 0 ? 30 : -30) > 0 ? "up" : "down";
            text.append(String.join(",", "row " + i, "" + x, word, "" + i % 12, label))
                    .append('\n');
        }
        table = Files.writeString(folder.resolve("table.csv"), text);
    }

    private int partition(String... more) {
        String[] args = new String[more.length + 2];
        args[0] = "partition";
        args[1] = "--output=" + folder.resolve("page.html");
        System.arraycopy(more, 0, args, 2, more.length);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    @Test
    void shouldGiveEachOwnerAClient() {
        assertThat(partition(
                        "--data-file=" + table,
                        "--label-column=y",
                        "--client-column=owner",
                        "--category-columns=word",
                        "--ignore-columns=id",
                        "--test-share=0.1",
                        "--partition=natural",
                        "--num-clients=12"))
                .as(err.toString())
                .isZero();

        assertThat(out.toString().lines())
                .startsWith("Partition of table.csv: natural")
                .contains(
                        "  clients                            12",
                        "  classes                            2",
                        "  samples                            270");
    }

    @Test
    void shouldKnowLeafByItsFiles() throws IOException {
        Path train = Files.createDirectories(folder.resolve("leaf/train"));
        Files.writeString(
                train.resolve("a.json"),
                "{\"user_data\": {\"b\": {\"x\": [[1], [2], [3]], \"y\": [0, 1, 0]}, \"a\": {\"x\": [[4], [5], [6]], \"y\":"
                        + " [1, 1, 0]}}}");
        assertThat(partition("--data-file=" + folder.resolve("leaf"), "--partition=natural", "--num-clients=2"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .startsWith("Partition of leaf: natural")
                .contains("  samples                            5");
        assertThat(partition("--data-file=" + train.resolve("a.json"), "--partition=iid", "--num-clients=5"))
                .as(err.toString())
                .isZero();
    }

    @Test
    void shouldTrainOnATable() {
        RunOptions options = SmallRun.of(
                20,
                "--data-file=" + table,
                "--label-column=y",
                "--client-column=owner",
                "--category-columns=word",
                "--ignore-columns=id",
                "--partition=natural",
                "--num-clients=6",
                "--model-name=logistic",
                "--batch-size=10");
        try (Federation<?, ?> federation = Federation.open(options, folder, (images, engines) -> {})) {
            assertThat(accuracyOf(federation)).isGreaterThan(0.9);
            assertThat(options.toMap())
                    .containsEntry("dataset", "table.csv")
                    .containsEntry("label_column", "y")
                    .containsEntry("partition", "natural");
        }
    }

    /** Rows of the test file belong to the owners 0 to 3 of 12, and to one without training rows. */
    @ParameterizedTest
    @CsvSource({"natural, 12, '2,2,2,2,0,0,0,0,0,0,0,0'", "natural, 6, ''", "iid, 2, '4,6'"})
    void shouldEvaluateClientsOnTheRowsOfTheirOwners(String partition, int clients, String sizes) throws IOException {
        StringBuilder text = new StringBuilder("id,x,word,owner,y\n");
        for (int i = 0; i < 10; i++) {
            text.append("row,").append(i - 4.5).append(",plus,").append(i % 5 == 4 ? 99 : i % 5);
            text.append(i % 2 == 0 ? ",up\n" : ",down\n");
        }
        Path test = Files.writeString(folder.resolve("test.csv"), text);
        RunOptions options = SmallRun.of(
                1,
                "--data-file=" + table,
                "--test-file=" + test,
                "--label-column=y",
                "--client-column=owner",
                "--category-columns=word",
                "--ignore-columns=id",
                "--partition=" + partition,
                "--num-clients=" + clients,
                "--client-evaluation=last",
                "--model-name=logistic");
        try (ResourceStack resources = new ResourceStack()) {
            ImageData samples = resources.add(options.data.read());
            var data = options.partitions(samples, resources);
            long[] found = IntStream.range(0, clients)
                    .mapToLong(cid -> data.size(PartitionType.TEST, cid))
                    .toArray();

            assertThat(LongStream.of(found).sum()).isEqualTo(partition.equals("natural") ? 8 : 10);
            assertThat(
                            sizes.isEmpty()
                                    ? ""
                                    : LongStream.of(found)
                                            .mapToObj(Long::toString)
                                            .collect(Collectors.joining(",")))
                    .isEqualTo(sizes);
            assertThat(data.size(PartitionType.TEST, null)).isEqualTo(10);
        }
    }

    private static <D, U> double accuracyOf(Federation<D, U> federation) {
        new Simulation<>(federation.handler(), federation.trainer()).run();
        Map<String, ?> summary =
                federation.handler().getSummary(federation.trainer().workers());
        return ((Number) summary.get("accuracy")).doubleValue();
    }

    @Test
    void shouldNameOptionsThatDoNotGoTogether() {
        assertThat(partition("--data-file=" + table)).isEqualTo(ExitCode.USAGE);
        assertThat(partition("--label-column=y")).isEqualTo(ExitCode.USAGE);
        assertThat(partition("--data-file=" + table, "--label-column=y", "--dataset=mnist"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(partition("--partition=natural")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains(
                        "label column missing: --data-file=" + table
                                + ", --label-column=none, expected=the column with the classes, one of [id, x, word, owner,"
                                + " y]; add --label-column",
                        "--label-column has no effect: add --data-file with a table in CSV, or omit it",
                        "--dataset has no effect: add it without --data-file, or omit it",
                        "owners unknown: --partition=natural, --data-file=none, expected=a file that names the owner of"
                                + " each sample; add --data-file, or --dataset synthetic");
    }

    @Test
    void shouldRefuseAModelOfImagesForATable() {
        int code = Main.commandLine()
                .setErr(new PrintWriter(err))
                .execute("run", "--data-file=" + table, "--label-column=y");

        assertThat(code).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains("model of images: --model-name=cnn, --data-file=" + table
                        + ", expected=logistic or mlp for rows of numbers; choose one, or a model of your own");
    }

    @Test
    void shouldSayWhatIsWrongInTheFile() {
        assertThat(partition("--data-file=" + table, "--label-column=y", "--ignore-columns=id"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(partition("--data-file=" + table, "--label-column=z")).isEqualTo(ExitCode.USAGE);
        assertThat(partition("--data-file=" + folder.resolve("none.csv"), "--label-column=y"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(partition(
                        "--data-file=" + table,
                        "--label-column=y",
                        "--ignore-columns=id,word,owner",
                        "--partition=natural"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains(
                        "not a number: value=plus: file=" + table + ", line=2, column=word, expected=a finite number",
                        "no such column: file=" + table + ", column=z, expected=one of [id, x, word, owner, y]",
                        "file cannot be read: --data-file=" + folder.resolve("none.csv") + ", found=[table.csv]",
                        "no owners: --partition=natural, --data-file=" + table);
    }
}
