package org.blazefl4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests the page with measurements that meet an aim, only a limit, and neither. */
class ResultsPageTest {

    private static String page(Measurement... measured) {
        return ResultsPage.text(LocalDate.of(2026, 3, 4), Map.of("cores", "2"), List.of(measured));
    }

    private static Measurement fedavg(String mode, double ratio) {
        return Measurement.of("fedavg " + mode, "steps/s", new double[] {100 * ratio}, "loops", new double[] {100});
    }

    @Test
    void shouldSayWhereAndWhenItWasMeasured() {
        assertThat(page()).startsWith("# Results of 2026-03-04\n").contains("| cores | 2 |");
    }

    @Test
    void shouldSayWhichTargetsAreMet() {
        assertThat(page(fedavg("multi-threaded", 0.98), fedavg("multi-process", 0.96)))
                .contains("| FedAvg CNN, threads, over bare loops | ≥ 0.97 × | ≥ 0.99 × | 98.00 [98.00, 98.00] steps/s"
                        + " | 0.980 [0.980, 0.980] | yes |")
                .contains("| 96.00 [96.00, 96.00] steps/s | 0.960 [0.960, 0.960] | no |");
        assertThat(page(fedavg("multi-threaded", 1.25))).contains("| 1.250 [1.250, 1.250] | aim |");
    }

    @Test
    void shouldNameTargetsThatWereNotMeasured() {
        assertThat(page())
                .contains("| FedAvg CNN, processes, over bare loops | ≥ 0.97 × | ≥ 0.99 × | not measured |  |  |");
    }

    @Test
    void shouldListEveryFigureWithItsBaseline() {
        assertThat(page(fedavg("multi-threaded", 0.75), Measurement.of("memory", "GB", 0.5)))
                .contains("| fedavg multi-threaded | 75.00 [75.00, 75.00] steps/s | loops 100.0 [100.0, 100.0]"
                        + " | 0.750 [0.750, 0.750] | 1 |")
                .contains("| memory | 0.500 [0.500, 0.500] GB |  |  | 1 |");
    }

    @Test
    void shouldBoundAValueByOneLimitAndItsRatioByTheOther() {
        Target target = Target.ALL.get(0);
        assertThat(verdict(target, 1.25, 1)).isEqualTo("aim");
        assertThat(verdict(target, 3, 1)).isEqualTo("yes");
        assertThat(verdict(target, 5, 1)).isEqualTo("no");
    }

    private static String verdict(Target target, double millis, double bound) {
        return target.verdict(
                Measurement.of(target.measurement(), "ms", new double[] {millis}, "bound", new double[] {bound}));
    }
}
