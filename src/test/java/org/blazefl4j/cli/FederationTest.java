package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.blazefl4j.contrib.common.SgdOptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FederationTest {

    /** A fifth of the 10 000 images that come with the program, unless asked for. */
    @ParameterizedTest
    @CsvSource({", 2000", "500, 500"})
    void shouldRecordTheOpenSetsSizeWhoeverChoseIt(Integer asked, long size) {
        Dsfl dsfl = new Dsfl(asked, 100, 0.1, SgdOptions.defaults(), null);
        try (Federation<?, ?> federation = Federation.open(SmallRun.of(dsfl, 1))) {
            assertThat(federation.derivedSettings()).isEqualTo(Map.of("open_size", size));
        }
    }
}
