package org.blazefl4j.cli.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The distribution of figures over seeds. */
final class FigureTest {

    @Test
    void shouldHaveTheDeviationOfASample() {
        Figure figure = Figure.of(List.of(2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0));

        assertThat(figure.count()).isEqualTo(8);
        assertThat(figure.mean()).isEqualTo(5);
        assertThat(figure.deviation()).isCloseTo(Math.sqrt(32.0 / 7), within(1e-15));
        assertThat(Figure.of(List.of(3.0))).isEqualTo(new Figure(1, 3, Double.NaN));
        assertThat(Figure.of(List.of(3.0, Double.NaN)).mean()).isNaN();
    }

    /** n s² is (n - 1) times half the mean square of differences. */
    @Property(tries = 200)
    void shouldFollowFromTheDifferencesOfPairs(
            @ForAll @Size(min = 2, max = 9) List<@DoubleRange(min = -9, max = 9) Double> values) {
        double squares = 0;
        for (double a : values) {
            for (double b : values) {
                squares += (a - b) * (a - b);
            }
        }
        int n = values.size();

        assertThat(Figure.of(values).deviation()).isCloseTo(Math.sqrt(squares / (2.0 * n * (n - 1))), within(1e-9));
    }
}
