package org.blazefl4j.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The name that was meant is found. */
final class NearestNameTest {

    @ParameterizedTest
    @CsvSource({"lr, lr", "LR, lr", "batchsize, batch-size", "bacth_size, batch-size", "'', lr", "sed, seed"})
    void shouldFindTheNameThatDiffersLeast(String word, String meant) {
        assertThat(NearestName.of(word, List.of("seed", "batch-size", "lr"))).isEqualTo(meant);
    }
}
