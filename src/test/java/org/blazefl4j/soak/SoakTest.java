package org.blazefl4j.soak;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The soak tests at the length of {@link SoakNumbers#full()}: {@code mvn -Psoak verify}. They write a report. */
@Tag("soak")
@Timeout(value = 1, unit = TimeUnit.DAYS)
final class SoakTest {

    private static final SoakNumbers NUMBERS = SoakNumbers.full();

    private static SoakReport report;

    @TempDir
    private Path folder;

    @BeforeAll
    static void beginReport() throws Exception {
        report = SoakReport.begin(NUMBERS);
    }

    @Test
    void shouldKeepBitsAndStayFlatWhenWorkersAreKilled() throws Exception {
        report.add("Workers killed at random moments", Soak.ofPools(folder, NUMBERS));
    }

    @Test
    void shouldGiveTheSameBitsWhenRunsAreKilledAndResumed() throws Exception {
        report.add("Runs with checkpoints killed at random moments", Soak.ofCheckpoints(folder, NUMBERS));
    }
}
