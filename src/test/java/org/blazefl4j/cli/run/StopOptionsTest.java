package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.StopRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StopOptionsTest {

    private static RoundReport report(int round, double accuracy, double loss) {
        Map<String, Object> summary = Map.of("accuracy", accuracy, "loss", loss);
        return new RoundReport(round, List.of(0), List.of(), 0, List.of(), summary, PhaseTimes.NONE);
    }

    @Test
    void shouldEndNoRunUnlessAsked() {
        RunOptions options = SmallRun.of(1);
        assertThat(options.stopping.rules()).isEmpty();
        assertThat(options.stopping.describe()).isEmpty();
        assertThat(options.toMap()).doesNotContainKeys(StopOptions.NAMES.toArray(String[]::new));
    }

    @Test
    void shouldMakeARuleOfEachOption() {
        RunOptions options = SmallRun.of(
                9,
                "--stop-at=accuracy=0.9",
                "--patience=loss=20",
                "--max-time=7200",
                "--max-upload=0.5",
                "--stop-on-divergence");
        assertThat(options.stopping.rules()).hasSize(5);
        assertThat(options.stopping.describe())
                .isEqualTo("at accuracy=0.9, when loss has not improved in 20 evaluations, when training diverges,"
                        + " after 7200 s, when clients have sent 0.5 MiB");
        assertThat(options.toMap())
                .containsEntry("stop_at", "accuracy=0.9")
                .containsEntry("patience", "loss=20")
                .containsEntry("max_upload", 0.5)
                .containsEntry("stop_on_divergence", true)
                .containsKeys(StopOptions.NAMES.toArray(String[]::new));
    }

    @Test
    void shouldTakeSmallLossesAsGood() {
        StopRule target = SmallRun.of(9, "--stop-at=loss=0.3").stopping.rules().get(0);
        target.roundFinished(report(0, 0, 0.31));
        assertThat(target.reason()).isEmpty();
        target.roundFinished(report(1, 0, 0.3));
        assertThat(target.reason()).contains("loss is 0.3, at most 0.3");

        StopRule patience = SmallRun.of(9, "--patience=loss=1").stopping.rules().get(0);
        patience.roundFinished(report(0, 0, 2));
        patience.roundFinished(report(1, 0, 1));
        assertThat(patience.reason()).isEmpty();
    }

    @Test
    void shouldKeepRulesAmongTheTotals(@TempDir Path folder) {
        List<StopRule> rules = SmallRun.of(9, "--patience=accuracy=2", "--max-time=60")
                .stopping
                .rules();
        RunTotals totals = new RunTotals(rules);
        for (int round = 0; round < 2; round++) {
            RoundReport report = report(round, 0.5, 1);
            totals.roundFinished(report);
            rules.get(0).roundFinished(report);
        }
        assertThat(rules.get(0).reason()).isEmpty();
        try (Checkpoints checkpoints = Checkpoints.in(folder).add("totals", totals)) {
            checkpoints.save(2);
        }
        List<StopRule> others = SmallRun.of(9, "--patience=accuracy=2", "--stop-at=loss=0")
                .stopping
                .rules();
        try (Checkpoints checkpoints = Checkpoints.in(folder).add("totals", new RunTotals(others))) {
            checkpoints.resume();
        }
        StopRule patience = others.get(1);
        patience.roundFinished(report(2, 0.5, 1));
        assertThat(patience.reason()).contains("accuracy has not improved in 2 evaluations: best 0.5 in round 1");
    }
}
