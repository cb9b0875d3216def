package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that evaluate some rounds only, from an experiment file. */
@Slow
final class EvaluateEveryProcessTest {

    @TempDir
    private Path folder;

    private String run(String... args) throws Exception {
        try (CliProcess cli = CliProcess.start(folder, args)) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            return cli.out();
        }
    }

    private List<String> accuracies(String output) throws Exception {
        return Files.readAllLines(folder.resolve(output).resolve("metrics.csv")).stream()
                .skip(1)
                .map(line -> line.split(",", -1)[1])
                .toList();
    }

    @Test
    void shouldEvaluateSomeRoundsAndTheLastWithTheSameBits() throws Exception {
        String common = "model-name = \"logistic\"\nsample-ratio = 0.05\nepochs = 1\nexecution-mode = "
                + "\"multi-threaded\"\nlr-schedule = \"step:2:0.5\"\n";
        Files.writeString(folder.resolve("all.toml"), common);
        Files.writeString(
                folder.resolve("some.toml"),
                common
                        + "evaluate-every = 3\npatience = \"loss=9\"\nstop-at = \"accuracy=0.99\"\ntensorboard = true\n");
        run("run", "all.toml", "--global-round=7", "--output=all");
        String[] resumable = {"--checkpoint-dir=saved", "--resume"};
        assertThat(run("run", "some.toml", "--global-round=4", "--output=some", resumable[0]))
                .contains("  accuracy       after the first round, every 3 rounds and the last")
                .contains("  ends early     at accuracy=0.99, when loss has not improved in 9 evaluations")
                .containsPattern("\nround 2/4  \\d+\\.\\d+ s")
                .containsPattern("\n {2}accuracy {7}0\\.\\d{4} \\(best");
        run("run", "some.toml", "--global-round=7", resumable[0], resumable[1]);

        List<String> all = accuracies("all");
        List<String> some = new ArrayList<>(all);
        List.of(1, 4).forEach(round -> some.set(round, "")); // the fourth was the last at first
        assertThat(accuracies("some")).isEqualTo(some);
        assertThat(roundsWith("some", "accuracy")).containsExactly(1, 3, 4, 6, 7);
        assertThat(roundsWith("some", "sha256")).hasSize(7);
        assertThat(run("verify", "all", "some")).contains("identical: rounds=7").contains("evaluate_every");
        run("report", "some", "--output", "page.html");
        assertThat(folder.resolve("page.html")).content().contains("Accuracy over rounds");
    }

    private List<Integer> roundsWith(String output, String key) throws Exception {
        List<Integer> rounds = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve(output).resolve("metrics.jsonl"))) {
            Map<String, Object> values = JSON.std.mapFrom(line);
            if ("round".equals(values.get("type")) && values.containsKey(key)) {
                rounds.add((Integer) values.get("round"));
            }
        }
        return rounds;
    }
}
