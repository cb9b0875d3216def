package org.blazefl4j.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class QuartilesTest {

    @Test
    void shouldFindTheMedianOfValuesInAnyOrder() {
        assertThat(Quartiles.of(5, 1, 4, 2, 3)).isEqualTo(new Quartiles(2, 3, 4));
    }

    @Test
    void shouldInterpolateBetweenNeighbours() {
        assertThat(Quartiles.of(0, 1)).isEqualTo(new Quartiles(0.25, 0.5, 0.75));
    }

    @Test
    void shouldUseASingleValueForAllQuartiles() {
        assertThat(Quartiles.of(0.9)).isEqualTo(new Quartiles(0.9, 0.9, 0.9));
    }

    @Test
    void shouldNotChangeTheValues() {
        double[] values = {3, 1, 2};

        Quartiles.of(values);

        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void shouldRefuseAnEmptyArray() {
        assertThatThrownBy(Quartiles::of)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("too few values: values=0, limit=1 or more");
    }
}
