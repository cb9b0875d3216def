package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;

final class FailureSettingsTest {

    private static final FailureSettings DEFAULTS =
            new FailureSettings(0, OnClientFailure.FAIL, NonFinitePolicy.WARN, null);
    private static final FailureSettings PATIENT =
            new FailureSettings(3, OnClientFailure.DROP, NonFinitePolicy.RETRY, Duration.ofMillis(2500));

    @Test
    void shouldBeWhatATrainerDoes() {
        TrainerOptions defaults = DEFAULTS.in(TrainerOptions.builder()).build();
        TrainerOptions patient = PATIENT.in(TrainerOptions.builder()).build();

        assertThat(defaults.onClientFailure()).isEqualTo(FailurePolicy.failFast());
        assertThat(defaults.clientTimeLimit()).isEmpty();
        assertThat(patient.onClientFailure()).isEqualTo(FailurePolicy.retry(3).thenDrop());
        assertThat(defaults.onNonFinite()).isEqualTo(NonFinitePolicy.WARN);
        assertThat(patient.onNonFinite()).isEqualTo(NonFinitePolicy.RETRY);
        assertThat(patient.clientTimeLimit()).contains(Duration.ofMillis(2500));
    }

    @Test
    void shouldBeSaidInWords() {
        assertThat(DEFAULTS.describe()).isEqualTo("the run ends");
        assertThat(new FailureSettings(1, OnClientFailure.FAIL, NonFinitePolicy.WARN, null).describe())
                .isEqualTo("up to 1 retry, then the run ends");
        assertThat(new FailureSettings(0, OnClientFailure.FAIL, NonFinitePolicy.WARN, Duration.ofSeconds(30))
                        .describe())
                .isEqualTo("the run ends; at most 30 s a client");
        assertThat(PATIENT.describe())
                .isEqualTo(
                        "up to 3 retries, then the round goes on without the client; at most 2.5 s a client; results not finite: retry");
    }

    @Test
    void shouldBeRecorded() {
        assertThat(DEFAULTS.toMap())
                .containsEntry("retries", 0)
                .containsEntry("on_client_failure", "fail")
                .containsEntry("on_non_finite", "warn")
                .containsEntry("client_time_limit", null);
        assertThat(PATIENT.toMap()).containsEntry("client_time_limit", new BigDecimal("2.5"));
    }
}
