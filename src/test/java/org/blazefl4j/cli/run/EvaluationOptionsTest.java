package org.blazefl4j.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
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
    void shouldTellClientsApartThatNeverTrain() {
        RunOptions options = SmallRun.of(2, "--client-evaluation=1", "--unseen-clients=5", "--model-name=logistic");
        Set<Integer> trained = new HashSet<>();
        try (Federation<?, ?> federation = Federation.open(options, Path.of("."), (images, engines) -> {})) {
            assertThat(federation.evaluated())
                    .containsExactly(
                            entry("client", IntStream.range(0, 10).boxed().toList()),
                            entry("unseen", List.of(10, 11, 12, 13, 14)));
            List<Map<String, Object>> rounds = run(options, federation, trained);

            assertThat(trained).hasSize(10).allMatch(cid -> cid < 10);
            List<Evaluation> unseen = federation.evaluation().apply(List.of(10, 11, 12, 13, 14));
            assertThat(rounds.get(1))
                    .containsEntry(
                            "unseen_accuracy",
                            unseen.stream().mapToDouble(Evaluation::accuracy).sum() / 5);
            assertThat(rounds.get(0).keySet()).contains("client_accuracy", "unseen_accuracy", "unseen_loss_max");
        }
        assertThat(options.toMap()).containsEntry("unseen_clients", 5).containsEntry("num_clients", 10);
        assertThat(options.evaluation.figures()).contains("unseen_accuracy").hasSize(36);
    }

    @ParameterizedTest
    @CsvSource({"fedavg, '', --fine-tune=1", "fedper, '', --fine-tune=1", "fedbabu, --fine-tune=0, ''"})
    void shouldEvaluateClientsAfterTheyHaveFineTuned(String algorithm, String without, String with) {
        List<Map<String, Object>> plain = rounds(algorithm, without);
        List<Map<String, Object>> tuned = rounds(algorithm, with);

        for (int round = 0; round < 2; round++) {
            assertThat((double) tuned.get(round).get("client_accuracy"))
                    .isGreaterThan((double) plain.get(round).get("client_accuracy"));
            assertThat(tuned.get(round))
                    .containsEntry("sha256", plain.get(round).get("sha256"));
            assertThat(tuned.get(round))
                    .containsEntry("accuracy", plain.get(round).get("accuracy"));
        }
    }

    private static List<Map<String, Object>> rounds(String algorithm, String more) {
        List<String> args = new ArrayList<>(List.of("--client-evaluation=1", "--model-name=mlp", "--lr=0.02"));
        args.addAll(List.of("--algorithm=" + algorithm, "--partition=shards", "--num-shards=20"));
        args.addAll(more.isEmpty() ? List.of() : List.of(more));
        RunOptions options = SmallRun.of(2, args.toArray(String[]::new));
        try (Federation<?, ?> federation = Federation.open(options, Path.of("."), (images, engines) -> {})) {
            return run(options, federation, new HashSet<>());
        }
    }

    private static <D, U> List<Map<String, Object>> run(
            RunOptions options, Federation<D, U> federation, Set<Integer> trained) {
        List<Map<String, Object>> rounds = new ArrayList<>();
        Simulation<D, U> simulation = new Simulation<>(federation.handler(), federation.trainer());
        federation
                .evaluated()
                .forEach((group, cids) -> options.evaluation.clientEvaluation.addTo(
                        simulation, group, () -> federation.evaluation().apply(cids)));
        simulation.addListener(new RoundListener<>() {
            @Override
            public void roundFinished(RoundReport report) {
                trained.addAll(report.clients());
                rounds.add(report.summary());
            }
        });
        simulation.run();
        return rounds;
    }

    @Test
    void shouldCountUnseenClientsAmongThoseThatNeedSamples() {
        RunOptions options = SmallRun.of(1, "--client-evaluation=last", "--unseen-clients=9991");

        assertThatThrownBy(() -> Federation.open(options, Path.of("."), (images, engines) -> {}))
                .isInstanceOf(UsageException.class)
                .hasMessage("number of clients: --num-clients=10, limit=1 to 10000 (the number of samples); change"
                        + " --num-clients; --unseen-clients=9991 count too, so there are 10001 clients");
    }

    @Test
    void shouldRefuseAGroupWithoutTestImages() {
        EvaluationOptions options = SmallRun.of(1, "--client-evaluation=1", "--unseen-clients=2").evaluation;

        assertThatThrownBy(() -> options.groups(List.of(0, 1), 2))
                .hasMessage("no test images for unseen clients: clients with test images=0, expected=1 or more; give"
                        + " clients more images, or omit --client-evaluation");
        assertThat(SmallRun.of(1).evaluation.groups(List.of(), 2)).isEmpty();
    }

    @Test
    void shouldNotEvaluateClientsByDefault() {
        assertThat(SmallRun.of(5).evaluation.clientEvaluation).isNull();
        assertThat(SmallRun.of(5).toMap()).doesNotContainKey("client_evaluation");
    }
}
