package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.cli.Main;
import org.blazefl4j.cli.options.ExitCode;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs on text. */
final class TextOptionsTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private Path texts;

    /** Writes the texts of four owners, in which each word says the next character but at its end. */
    @BeforeEach
    void writeTexts() throws IOException {
        texts = Files.createDirectory(folder.resolve("texts"));
        for (int i = 0; i < 4; i++) {
            Files.writeString(texts.resolve("owner" + i + ".txt"), "round trip\nquest ".repeat(12));
        }
    }

    private int execute(String... args) {
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }

    private RunOptions options(String... more) {
        List<String> args = new ArrayList<>(List.of("--data-file=" + texts, "--text-length=6", "--text-step=2"));
        args.addAll(List.of("--partition=natural", "--num-clients=4", "--batch-size=8"));
        args.addAll(List.of("--local-optimizer=adam", "--lr=0.01"));
        args.addAll(List.of(more));
        return SmallRun.of(1, args.toArray(String[]::new));
    }

    private Federation<?, ?> open(RunOptions options) {
        return Federation.open(options, folder, (images, engines) -> {});
    }

    @Slow
    @ParameterizedTest
    @CsvSource({"lstm, 5", "gpt, 3", "gpt_lora, 6"})
    void shouldLearnTheNextCharacter(String model, int rounds) {
        RunOptions options = options("--model-name=" + model, "--global-round=" + rounds);
        try (Federation<?, ?> federation = open(options)) {
            List<Double> losses = losses(federation);
            assertThat(losses).hasSize(rounds);
            assertThat(losses.get(rounds - 1)).isLessThan(0.6 * losses.get(0)).isLessThan(Math.log(15));
        }
    }

    private static <D, U> List<Double> losses(Federation<D, U> federation) {
        List<Double> losses = new ArrayList<>();
        Simulation<D, U> simulation = new Simulation<>(federation.handler(), federation.trainer());
        simulation.addListener(new RoundListener<Object>() {
            @Override
            public void roundFinished(RoundReport report) {
                losses.add(((Number) report.summary().get("loss")).doubleValue());
            }
        });
        simulation.run();
        return losses;
    }

    @Test
    void shouldRecordWhatSamplesAre() {
        RunOptions options = options("--model-name=lstm");
        try (Federation<?, ?> federation = open(options)) {
            assertThat(federation.images().trainImages().shape()).endsWith(1, 1, 6);
            assertThat(String.join("", options.data.source.vocabulary())).isEqualTo("\n deinopqrstu");
            assertThat(options.toMap())
                    .containsEntry("text_length", 6)
                    .containsEntry("text_step", 2)
                    .containsEntry("dataset", "texts");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--model-name=cnn", "--client-models=lstm,mlp --model-name=gpt --algorithm=dsfl"})
    void shouldRefuseModelsOfImagesForText(String line) {
        RunOptions options = options(line.split(" "));
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> open(options))
                .withMessage("model of images: --model-name=" + (line.contains("mlp") ? "mlp" : "cnn")
                        + ", --data-file=" + texts
                        + ", expected=lstm, gpt or gpt_lora for text; choose one, or a model of your own");
    }

    @Test
    void shouldRefuseModelsOfTextForImagesAndSkewedText() {
        RunOptions images = SmallRun.of(1, "--model-name=gpt");
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> open(images))
                .withMessage(
                        "model of text: --model-name=gpt, data=fashion-mnist, expected=text, or whole numbers from 0"
                                + " to 9, below the number of classes; choose another model, or text");
        RunOptions skewed = options("--model-name=lstm", "--feature-skew=noise:sigma=0.1");
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> open(skewed))
                .withMessageStartingWith("feature skew of text: --feature-skew=noise, --data-file=" + texts);
    }

    @Test
    void shouldTakeTokensOfOtherFormats() throws IOException {
        Path leaf = Files.writeString(
                folder.resolve("tokens.json"),
                "{\"user_data\": {\"u\": {\"x\": [[0, 1, 2], [1, 2, 0], [2, 0, 1]], \"y\": [0, 1, 2]}}}");
        try (Federation<?, ?> federation =
                open(SmallRun.of(1, "--data-file=" + leaf, "--num-clients=1", "--model-name=lstm"))) {
            assertThat(federation.images().classes()).isEqualTo(3);
        }
        Files.writeString(leaf, Files.readString(leaf).replace("[0, 1, 2], ", "[0, 1, 2.5], "));
        assertThatExceptionOfType(UsageException.class)
                .isThrownBy(() -> open(SmallRun.of(1, "--data-file=" + leaf, "--num-clients=1", "--model-name=lstm")))
                .withMessageStartingWith("model of text: --model-name=lstm, data=tokens.json");
    }

    @Test
    void shouldDescribeTexts() {
        assertThat(execute("data", texts.toString(), "--text-length=6"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .startsWith(texts + ": text")
                .contains(
                        "  shape of a sample    1 x 1 x 6",
                        "  characters           13: \\u000a deinopqrstu",
                        "  classes              14")
                .anyMatch(line -> line.startsWith("  ' '  "))
                .anyMatch(line -> line.startsWith("  others  "))
                .endsWith("  blazefl4j run --data-file=" + texts
                        + " --text-length=6 --partition=natural --num-clients=4" + " --model-name=lstm");
    }

    @Test
    void shouldReadATableThatIsNamedAsAText() throws IOException {
        Path table = Files.writeString(folder.resolve("table.txt"), "x\ty\n" + "1\ta\n2\tb\n".repeat(10));
        assertThat(execute("data", table.toString(), "--label-column=y"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).startsWith(table + ": table in CSV");
        assertThat(execute("data", table.toString(), "--label-column=y", "--text-length=9"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(execute("run", "--text-step=9")).isEqualTo(ExitCode.USAGE);
        assertThat(execute("data", texts.toString(), "--text-length=500")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
                .contains(
                        "--text-length has no effect: add --data-file with text (.txt), or omit it",
                        "--text-step has no effect: add --data-file with text (.txt), or omit it",
                        "text too short: file=" + texts.resolve("owner0.txt")
                                + ", characters=164 for training, limit=501 or more");
    }
}
