package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunTotalsTest {

    private static final double FINE = 0.5;

    private final RunTotals totals = new RunTotals(List.of());

    @TempDir
    private Path folder;

    private static void finish(RunTotals totals, int round, double loss, Integer... nonFinite) {
        Map<String, Object> summary = Map.of("accuracy", 0.1, "loss", loss);
        totals.roundStarted(round, List.of(0, 1, 2));
        totals.roundFinished(
                new RoundReport(round, List.of(0, 1, 2), List.of(), 0, List.of(nonFinite), summary, PhaseTimes.NONE));
    }

    @Test
    void shouldNameTheRoundInWhichTrainingDiverged() {
        finish(totals, 0, FINE);
        assertThat(totals.toText()).doesNotContain("not finite");
        assertThat(totals.toMap()).containsEntry("non_finite", 0).containsEntry("first_non_finite_round", null);

        finish(totals, 1, FINE, 2, 0);
        finish(totals, 2, Double.NaN, 1);
        assertThat(totals.toMap()).containsEntry("non_finite", 3).containsEntry("first_non_finite_round", 2);
        assertThat(totals.toText().lines())
                .contains("  not finite     3 client results; first NaN or infinity in round 2");
    }

    @Test
    void shouldReportANonFiniteLossAlthoughResultsAreFinite() {
        finish(totals, 0, Double.POSITIVE_INFINITY);
        assertThat(totals.toMap()).containsEntry("non_finite", 0).containsEntry("first_non_finite_round", 1);
    }

    @Test
    void shouldTellOfClientsIfTheLastRoundEvaluatedThem() {
        Map<String, Object> summary = new HashMap<>(Map.of("accuracy", 0.1, "loss", FINE));
        summary.putAll(
                Map.of("client_accuracy", 0.25, "client_accuracy_std", 0.125, "client_accuracy_worst10", 0.0625));
        finish(summary, 0);
        assertThat(totals.toText().lines())
                .contains("  clients        accuracy 0.2500 (deviation 0.1250, worst tenth 0.0625)");

        summary.putAll(Map.of("unseen_accuracy", 0.5, "unseen_accuracy_std", 0.0, "unseen_accuracy_worst10", 0.25));
        finish(summary, 0);
        assertThat(totals.toText().lines())
                .contains("  unseen clients accuracy 0.5000 (deviation 0.0000, worst tenth 0.2500)");

        summary.put("client_accuracy_worst10", Double.NaN);
        summary.put("unseen_accuracy_worst10", Double.NaN);
        finish(summary, 1);
        assertThat(totals.toText()).doesNotContain("clients   ");
    }

    private void finish(Map<String, Object> summary, int round) {
        totals.roundStarted(round, List.of(0));
        totals.roundFinished(new RoundReport(round, List.of(0), List.of(), 0, List.of(), summary, PhaseTimes.NONE));
    }

    @Test
    void shouldNameTheBestOfTheRoundsThatWereEvaluated() {
        finish(Map.of("accuracy", 0.25), 0);
        totals.roundFinished(new RoundReport(1, List.of(0), List.of(), 0, List.of(), Map.of(), PhaseTimes.NONE, false));

        assertThat(totals.toText().lines()).contains("  accuracy       not evaluated (best 0.2500 in round 1)");
        assertThat(totals.toMap())
                .containsEntry("rounds", 2)
                .containsEntry("best_round", 1)
                .doesNotContainKey("accuracy");
    }

    @Test
    void shouldFitATerminalWithAnyNumberOfWorkers() {
        finish(totals, 0, FINE);
        totals.ended(new PeakMemory(300L << 20, Collections.nCopies(20, 270L << 20)));

        assertThat(totals.toText().lines())
                .allMatch(line -> line.length() <= 80)
                .contains("  peak memory    parent 300 MiB, workers 270 MiB, 270 MiB, 270 MiB, 270 MiB,")
                .contains("                 270 MiB, 270 MiB, 270 MiB, 270 MiB, 270 MiB, 270 MiB, 270 MiB,");
    }

    @Test
    void shouldCountTheBytesThatClientsSentInCompleteRounds() {
        try (Tensor parameters = Tensors.of(new long[] {1, 2, 3})) {
            totals.roundStarted(0, List.of(0));
            totals.clientLoaded(0, Map.of("interrupted", parameters));
            totals.roundStarted(0, List.of(0, 1));
            totals.clientLoaded(0, Map.of("parameters", parameters));
            totals.clientLoaded(0, Map.of("parameters", parameters));
            assertThat(totals.toMap()).containsEntry("uplink_bytes", 0L);
            totals.roundFinished(new RoundReport(
                    0, List.of(0, 1), List.of(), 0, List.of(), Map.of("accuracy", 0.1), PhaseTimes.NONE));
        }

        assertThat(totals.toMap()).containsEntry("uplink_bytes", 2 * 3 * 8L);
    }

    @Test
    void shouldContinueCountingWhenARunIsResumed() {
        finish(totals, 0, FINE, 1);
        try (Checkpoints checkpoints = Checkpoints.in(folder).add("totals", totals)) {
            checkpoints.save(1);
        }
        RunTotals resumed = new RunTotals(List.of());
        try (Checkpoints checkpoints = Checkpoints.in(folder).add("totals", resumed)) {
            checkpoints.resume();
        }
        finish(resumed, 1, Double.NaN, 0, 2);

        assertThat(resumed.rounds()).isEqualTo(2);
        assertThat(resumed.toMap()).containsEntry("non_finite", 3).containsEntry("first_non_finite_round", 1);
    }
}
