package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cli.options.Settings;
import org.blazefl4j.report.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables have the mean and the standard deviation over seeds, and the best row. */
final class ResultTableTest {

    private final Map<PlannedRun, Outcome> outcomes = new HashMap<>();

    private static PlannedRun run(String lr, long seed) {
        return new PlannedRun(Map.of("lr", lr), seed, Settings.NONE);
    }

    private void completed(String lr, long seed, double accuracy, double loss) {
        Map<String, Double> figures = new LinkedHashMap<>(); // columns are in this order
        figures.put("accuracy", accuracy);
        figures.put("loss", loss);
        figures.put("rounds", 3.0);
        figures.put("seconds_per_round", 0.5);
        outcomes.put(run(lr, seed), Outcome.completed(figures));
    }

    private ResultTable table(String best, String... rates) {
        List<PlannedRun> runs = List.of(rates).stream()
                .flatMap(lr -> List.of(run(lr, 1), run(lr, 2)).stream())
                .toList();
        return ResultTable.of(new Study(runs, best), outcomes);
    }

    @Test
    void shouldMarkTheBestOfTheRowsThatAreComplete() {
        completed("0.1", 1, 0.5, 2);
        completed("0.1", 2, 0.7, 1);
        completed("0.2", 1, 0.9, 0.1);
        outcomes.put(run("0.2", 2), Outcome.failed("boom | bang"));

        assertThat(new ResultFiles(table("accuracy", "0.1", "0.2", "0.3")).markdown())
                .isEqualTo("""
                | lr | runs | accuracy | loss | seconds per round |
                | --- | --- | --- | --- | --- |
                | 0.1 | 2 | **0.6000 ± 0.1414** | 1.5000 ± 0.7071 | 0.50 ± 0.00 |
                | 0.2 | 1 of 2 | 0.9000 | 0.1000 | 0.50 |
                | 0.3 | 0 of 2 |  |  |  |

                Best accuracy: 0.6000 ± 0.1414 with lr = 0.1.

                Failed:

                - lr=0.2,seed=2: boom \\| bang
                """);
        assertThat(new ResultFiles(table("accuracy", "0.1", "0.2", "0.3")).summary())
                .isEqualTo(new Table(
                        "Means ± standard deviations over seeds",
                        List.of("lr", "runs", "accuracy", "loss", "seconds per round"),
                        List.of(
                                List.of("0.1", "2", "0.6000 ± 0.1414, the best", "1.5000 ± 0.7071", "0.50 ± 0.00"),
                                List.of("0.2", "1 of 2", "0.9000", "0.1000", "0.50"),
                                List.of("0.3", "0 of 2", "", "", ""))));
    }

    @Test
    void shouldWriteAllFiguresAsCsv(@TempDir Path folder) throws Exception {
        completed("0.1", 1, 0.5, 2);
        completed("0.1", 2, 0.75, 1);
        completed("0.2", 1, 0.25, 0.5);
        ResultFiles files = new ResultFiles(table("loss", "0.1", "0.2"));

        files.write(folder);

        List<String> header = List.of(Files.readString(folder.resolve("table.csv"))
                .lines()
                .findFirst()
                .orElseThrow()
                .split(","));
        assertThat(header)
                .startsWith("lr", "runs", "completed", "best")
                .endsWith("seconds_per_round_mean", "seconds_per_round_std");
        assertThat(header).contains("accuracy_mean", "accuracy_std", "loss_mean", "rounds_mean");
        List<String> row =
                List.of(Files.readAllLines(folder.resolve("table.csv")).get(1).split(","));
        assertThat(row.subList(0, 4)).containsExactly("0.1", "2", "2", "loss");
        assertThat(row.get(header.indexOf("accuracy_mean"))).isEqualTo("0.625");
        assertThat(row.get(header.indexOf("loss_std"))).isEqualTo(Double.toString(Math.sqrt(0.5)));
        assertThat(Files.readAllLines(folder.resolve("table.csv")).get(2)).startsWith("0.2,2,1,,");
        assertThat(Files.readAllLines(folder.resolve("runs.csv")))
                .hasSize(5)
                .anyMatch(line -> line.startsWith("lr,seed,status,folder,failure,"))
                .anyMatch(line -> line.startsWith("0.1,1,completed,\"lr=0.1,seed=1\",,"))
                .anyMatch(line -> line.startsWith("0.2,2,open,\"lr=0.2,seed=2\",,,"));
        assertThat(Files.readString(folder.resolve("table.md"))).isEqualTo(files.markdown());
    }

    @Test
    void shouldPreferSmallerLossesAndIgnoreDivergedRuns() {
        completed("0.1", 1, 0.5, 2);
        completed("0.1", 2, 0.5, 2);
        completed("0.2", 1, 0.9, 1);
        completed("0.2", 2, 0.9, 1);
        completed("0.3", 1, 0.1, Double.NaN);
        completed("0.3", 2, 0.1, 0);

        assertThat(table("loss", "0.1", "0.2", "0.3").bestRow())
                .get()
                .satisfies(row -> assertThat(row.settings()).isEqualTo(Map.of("lr", "0.2")));
        assertThat(table("nosuch", "0.1").bestRow()).isEmpty();
        assertThat(new ResultFiles(table("nosuch", "0.1")).markdown()).doesNotContain("Best", "**");
    }

    /** As of runs that end at a target. */
    @Test
    void shouldShowRoundsThatDifferAndPreferFewer() {
        for (long seed = 1; seed <= 2; seed++) {
            outcomes.put(run("0.1", seed), Outcome.completed(Map.of("rounds", 9.0 + seed)));
            outcomes.put(run("0.2", seed), Outcome.completed(Map.of("rounds", 3.0)));
        }

        assertThat(new ResultFiles(table("rounds", "0.1", "0.2")).markdown())
                .contains("| 0.1 | 2 | 10.50 ± 0.71 |\n| 0.2 | 2 | **3.00 ± 0.00** |\n");
        assertThat(new ResultFiles(table("accuracy", "0.1", "0.2")).markdown()).contains("| lr | runs | rounds |\n");
        assertThat(new ResultFiles(table("accuracy", "0.2")).markdown()).contains("| lr | runs |\n");
    }

    @Test
    void shouldShowFailuresOfAStudyWithoutResults() {
        outcomes.put(run("0.1", 1), Outcome.failed("exit code 137"));

        ResultFiles files = new ResultFiles(table("accuracy", "0.1"));
        assertThat(files.markdown())
                .startsWith("| lr | runs |\n| --- | --- |\n| 0.1 | 0 of 2 |\n")
                .contains("exit code 137");
        assertThat(files.tableCsv()).isEqualTo("lr,runs,completed,best\n0.1,2,0,\n");
    }
}
