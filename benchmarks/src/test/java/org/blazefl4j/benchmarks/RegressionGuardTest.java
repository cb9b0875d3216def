package org.blazefl4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares runs with two stored ratios: one is worse when it grows, the other when it falls. */
class RegressionGuardTest {

    private final RegressionGuard guard = new RegressionGuard(List.of(
            new RegressionGuard.Entry("round", 2, false, 0.25), new RegressionGuard.Entry("steps", 1, true, 0.125)));

    private static Measurement round(double... millis) {
        return Measurement.of("round", "ms", millis, "bound", ones(millis.length));
    }

    private static Measurement steps(double rate) {
        return Measurement.of("steps", "steps/s", new double[] {rate}, "loop", new double[] {1});
    }

    private static double[] ones(int count) {
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    @Test
    void shouldPassRatiosWithinTheTolerance() {
        RegressionGuard.Verdict verdict = guard.check(List.of(round(2.5), steps(0.875)));

        assertThat(verdict.regressions()).isEmpty();
        assertThat(verdict.table())
                .contains("| round | 2.000 | 2.500 | 2.500 | passes |")
                .contains("| steps | 1.000 | 0.875 | 0.875 | passes |");
    }

    @Test
    void shouldNameWorseRatios() {
        RegressionGuard.Verdict verdict = guard.check(List.of(round(2.51), steps(0.87)));

        assertThat(verdict.regressions()).containsExactly("round", "steps");
        assertThat(verdict.table()).contains("| round | 2.000 | 2.500 | 2.510 | REGRESSION |");
    }

    @Test
    void shouldJudgeByTheMedian() {
        assertThat(guard.check(List.of(round(9, 2, 2))).regressions()).isEmpty();
        assertThat(guard.check(List.of(round(9, 9, 2))).regressions()).containsExactly("round");
    }

    @Test
    void shouldListNewAndMissingRatiosAndPass() {
        Measurement other = Measurement.of("other", "ms", new double[] {3}, "bound", new double[] {2});

        RegressionGuard.Verdict verdict = guard.check(List.of(other, Measurement.of("without", "GB", 1)));

        assertThat(verdict.regressions()).isEmpty();
        assertThat(verdict.table())
                .contains("| other | - | - | 1.500 | new |")
                .contains("| round | 2.000 | 2.500 | - | not measured |")
                .contains("| steps | 1.000 | 0.875 | - | not measured |")
                .doesNotContain("without");
    }

    @Test
    void shouldStoreAnUpdateWithAToleranceOfAtLeastATenth() {
        guard.update(List.of(round(3), Measurement.of("without", "GB", 1)));

        assertThat(guard.entries())
                .containsExactly(
                        new RegressionGuard.Entry("round", 3, false, 0.1),
                        new RegressionGuard.Entry("steps", 1, true, 0.125));
    }

    @Test
    void shouldTolerateMoreIfRepetitionsDiffer() {
        guard.update(List.of(round(1.5, 2, 2.25), steps(1)));

        RegressionGuard.Entry stored = guard.entries().get(0);
        assertThat(stored.ratio()).isEqualTo(2);
        // quartiles 1.75 and 2.125: a quarter lies 0.25 below, which is 12.5 %
        assertThat(stored.tolerance()).isCloseTo(0.25, within(1e-9));
    }

    @Test
    void shouldReadItsFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("guard.json");
        guard.write(file);

        assertThat(RegressionGuard.read(file).entries()).isEqualTo(guard.entries());
    }

    @Test
    void shouldBeEmptyWithoutAFile(@TempDir Path folder) throws IOException {
        assertThat(RegressionGuard.read(folder.resolve("guard.json")).entries()).isEmpty();
    }
}
