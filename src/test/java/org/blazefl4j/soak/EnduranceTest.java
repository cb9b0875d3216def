package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The soak tests at a length for every build; {@link SoakTest} runs them in full. */
@Slow
final class EnduranceTest {

    private static final SoakNumbers NUMBERS = SoakNumbers.brief();

    @TempDir
    private Path folder;

    @Test
    void shouldKeepBitsAndStayFlatWhenWorkersAreKilled() {
        assertThat(Soak.ofPools(folder, NUMBERS)).isNotEmpty();
    }

    @Test
    void shouldGiveTheSameBitsWhenRunsAreKilledAndResumed() {
        assertThat(Soak.ofCheckpoints(folder, NUMBERS)).isNotEmpty();
    }
}
