package org.blazefl4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the text of a measurement, and that writing and reading a file keeps it. */
class MeasurementTest {

    private final Measurement round =
            Measurement.of("round", "ms", new double[] {2, 6, 4}, "bound", new double[] {1, 2, 4});

    @Test
    void shouldDivideEachValueByItsBaseline() {
        assertThat(round.ratios()).containsExactly(2, 3, 1);
        assertThat(round.median()).isEqualTo(4);
        assertThat(round.ratio()).isEqualTo(2);
    }

    @Test
    void shouldPrintMediansAndQuartiles() {
        assertThat(round.row().replaceAll(" +", " "))
                .isEqualTo(
                        "round 4.000 [3.000, 5.000] ms, bound 2.000 [1.500, 3.000], ratio 2.000 [1.500, 2.500], n=3");
        assertThat(Measurement.of("memory", "GB", 0.1854).row().replaceAll(" +", " "))
                .isEqualTo("memory 0.185 [0.185, 0.185] GB, n=1");
        assertThat(Figures.number(12_345.6)).isEqualTo("12346");
    }

    @Test
    void shouldTreatMoreAsBetterOnlyForUnitsPerSecond() {
        assertThat(Measurement.of("steps", "steps/s", 1).moreIsBetter()).isTrue();
        assertThat(round.moreIsBetter()).isFalse();
    }

    @Test
    void shouldRefuseAnotherNumberOfBaselines() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Measurement.of("round", "ms", new double[] {1, 2}, "bound", new double[] {1}))
                .withMessage("each value needs its baseline: name=round, baselines=1, expected=2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Measurement.of("round", "ms"))
                .withMessage("nothing measured: name=round, values=0, limit=1 or more");
    }

    @Test
    void shouldReadItsFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("measured.json");
        MeasurementFile.write(file, List.of(round, Measurement.of("memory", "GB", 0.2)));

        assertThat(MeasurementFile.read(file))
                .usingRecursiveComparison()
                .isEqualTo(List.of(round, Measurement.of("memory", "GB", 0.2)));
    }
}
