package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EvaluationOptionsTest {

    @ParameterizedTest
    @CsvSource({
        "1, after every round, '0,1,2,3,4'",
        "2, after every 2 rounds, '1,3'",
        "5, after every 5 rounds, 4",
        "6, after every 6 rounds, ''",
        "last, after the last round, ''",
        "LAST, after the last round, ''"
    })
    void shouldChooseRounds(String value, String described, String rounds) {
        RunOptions options = SmallRun.of(5, "--client-evaluation=" + value);
        EvaluationOptions.When when = options.evaluation.clientEvaluation;

        assertThat(when.describe()).isEqualTo(described);
        assertThat(IntStream.range(0, 5).filter(when::isChosen).mapToObj(Integer::toString))
                .containsExactly(rounds.isEmpty() ? new String[0] : rounds.split(","));
        assertThat(options.toMap()).containsEntry("client_evaluation", value.toLowerCase(Locale.ROOT));
    }

    @Test
    void shouldLetRulesUseFiguresOfClientsThatThereAreAfterMoreThanTheLastRound() {
        assertThat(SmallRun.of(5).evaluation.figures()).isEmpty();
        assertThat(SmallRun.of(5, "--client-evaluation=last").evaluation.figures())
                .isEmpty();
        assertThat(SmallRun.of(5, "--client-evaluation=2").evaluation.figures())
                .contains("client_accuracy", "client_loss_p90")
                .hasSize(18);
    }

    @Test
    void shouldNotEvaluateClientsByDefault() {
        assertThat(SmallRun.of(5).evaluation.clientEvaluation).isNull();
        assertThat(SmallRun.of(5).toMap()).doesNotContainKey("client_evaluation");
    }
}
