package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FailureOptionsTest {

    private static final String PATIENT =
            "--retries=3 --on-client-failure=drop --on-non-finite=retry --client-time-limit=2.5";

    private static FailureOptions parse(String line) {
        return run(line).failures;
    }

    private static RunOptions run(String line) {
        return SmallRun.of(1, line.isEmpty() ? new String[0] : line.split(" "));
    }

    @Test
    void shouldConfigureTheTrainer() {
        TrainerOptions defaults = parse("").applyTo(TrainerOptions.builder()).build();
        TrainerOptions patient =
                parse(PATIENT).applyTo(TrainerOptions.builder()).build();

        assertThat(defaults.onClientFailure()).isEqualTo(FailurePolicy.failFast());
        assertThat(defaults.clientTimeLimit()).isEmpty();
        assertThat(patient.onClientFailure()).isEqualTo(FailurePolicy.retry(3).thenDrop());
        assertThat(defaults.onNonFinite()).isEqualTo(NonFinitePolicy.WARN);
        assertThat(patient.onNonFinite()).isEqualTo(NonFinitePolicy.RETRY);
        assertThat(patient.clientTimeLimit()).contains(Duration.ofMillis(2500));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | the run ends",
                "--retries=1 | up to 1 retry, then the run ends",
                "--client-time-limit=30 | the run ends; at most 30 s a client",
                PATIENT + " | up to 3 retries, then the round continues without the client; at most 2.5 s a client;"
                        + " results not finite: retry"
            })
    void shouldDescribeItself(String line, String description) {
        assertThat(parse(line).describe()).isEqualTo(description);
    }

    @Test
    void shouldBeRecorded() {
        assertThat(run("").toMap())
                .containsEntry("retries", 0)
                .containsEntry("on_client_failure", "fail")
                .containsEntry("on_non_finite", "warn")
                .doesNotContainKey("client_time_limit");
        assertThat(run(PATIENT).toMap()).containsEntry("client_time_limit", new BigDecimal("2.5"));
    }
}
