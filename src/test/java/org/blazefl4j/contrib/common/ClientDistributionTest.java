package org.blazefl4j.contrib.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.data.Offset;
import org.blazefl4j.contrib.common.ClientDistribution.Spread;
import org.blazefl4j.core.PhaseTimes;
import org.blazefl4j.core.RoundReport;

/** The distribution of figures over clients. */
final class ClientDistributionTest {

    private static final Offset<Double> ROUNDING = within(1e-12);

    /** Accuracies 0.1 to 1.1, losses 1 to 11, and sample i counts i times. */
    private static List<Evaluation> eleven() {
        return List.of(4, 1, 11, 2, 3, 10, 9, 5, 6, 8, 7).stream()
                .map(i -> new Evaluation(i, i / 10.0, i))
                .toList();
    }

    @Example
    void shouldGiveTheFiguresThatAreComputedByHand() {
        ClientDistribution distribution = ClientDistribution.of(eleven());

        Spread loss = distribution.loss();
        assertThat(distribution.clients()).isEqualTo(11);
        assertThat(distribution.samples()).isEqualTo(66);
        assertThat(loss.mean()).isEqualTo(6);
        assertThat(loss.weighted()).isCloseTo(506 / 66.0, ROUNDING); // the sum of squares, over that of numbers
        assertThat(loss.std()).isCloseTo(Math.sqrt(10), ROUNDING); // twice 1 + 4 + 9 + 16 + 25, over 11
        assertThat(loss.worst10()).isEqualTo(10.5); // two of eleven
        assertThat(loss.min()).isEqualTo(1);
        assertThat(loss.p10()).isEqualTo(2);
        assertThat(loss.p50()).isEqualTo(6);
        assertThat(loss.p90()).isEqualTo(10);
        assertThat(loss.max()).isEqualTo(11);
        assertThat(distribution.accuracy().worst10()).isCloseTo(0.15, ROUNDING);
        assertThat(distribution.accuracy().weighted()).isCloseTo(50.6 / 66, ROUNDING);
    }

    @Example
    void shouldInterpolateBetweenRanks() {
        double[] sorted = {1, 2, 4, 8};

        assertThat(Spread.percentile(sorted, 10)).isCloseTo(1.3, ROUNDING); // rank 0.3
        assertThat(Spread.percentile(sorted, 50)).isEqualTo(3); // rank 1.5
        assertThat(Spread.percentile(sorted, 90)).isCloseTo(6.8, ROUNDING); // rank 2.7
    }

    @Example
    void shouldTakeOneClientForAll() {
        ClientDistribution one = ClientDistribution.of(List.of(new Evaluation(0.5, 0.25, 3)));

        assertThat(one.accuracy()).isEqualTo(new Spread(0.25, 0.25, 0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25));
        assertThat(one.loss()).isEqualTo(new Spread(0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5));
    }

    @Example
    void shouldCountLossesThatAreNotFiniteAsTheWorst() {
        Spread loss = ClientDistribution.of(List.of(
                        new Evaluation(Double.NaN, 0.5, 1),
                        new Evaluation(1, 0.5, 1),
                        new Evaluation(Double.POSITIVE_INFINITY, 0.5, 1)))
                .loss();

        assertThat(List.of(loss.min(), loss.p50(), loss.p90(), loss.max()))
                .containsExactly(1.0, Double.POSITIVE_INFINITY, Double.NaN, Double.NaN);
        assertThat(loss.mean()).isNaN();
        assertThat(loss.worst10()).isNaN();
    }

    @Example
    void shouldNameColumnsInAFixedOrder() {
        Map<String, Double> columns = ClientDistribution.of(eleven()).toMap();

        assertThat(columns.keySet())
                .containsExactly(
                        "client_accuracy",
                        "client_accuracy_weighted",
                        "client_accuracy_std",
                        "client_accuracy_worst10",
                        "client_accuracy_min",
                        "client_accuracy_p10",
                        "client_accuracy_p50",
                        "client_accuracy_p90",
                        "client_accuracy_max",
                        "client_loss",
                        "client_loss_weighted",
                        "client_loss_std",
                        "client_loss_worst10",
                        "client_loss_min",
                        "client_loss_p10",
                        "client_loss_p50",
                        "client_loss_p90",
                        "client_loss_max");
        assertThat(columns).containsEntry("client_loss", 6.0).containsEntry("client_loss_p90", 10.0);
    }

    @Example
    void shouldEvaluateInTheChosenRoundsOnly() {
        int[] evaluations = {0};
        var columns = ClientDistribution.columns(round -> round % 2 == 1, () -> {
            evaluations[0]++;
            return eleven();
        });

        assertThat(columns.apply(report(0)).values()).hasSize(18).containsOnly(Double.NaN);
        assertThat(columns.apply(report(1)))
                .isEqualTo(ClientDistribution.of(eleven()).toMap());
        assertThat(columns.apply(report(2)).keySet())
                .isEqualTo(columns.apply(report(1)).keySet());
        assertThat(evaluations[0]).isEqualTo(2);
    }

    @Example
    void shouldNameTheFiguresOfAGroupOfClients() {
        Map<String, Double> unseen = ClientDistribution.columns("unseen", round -> true, () -> eleven())
                .apply(report(0));

        assertThat(unseen.keySet())
                .startsWith("unseen_accuracy", "unseen_accuracy_weighted")
                .hasSize(18);
        assertThat(unseen.keySet()).isEqualTo(ClientDistribution.names("unseen"));
        assertThat(List.copyOf(unseen.values()))
                .isEqualTo(List.copyOf(ClientDistribution.of(eleven()).toMap().values()));
    }

    private static RoundReport report(int round) {
        return new RoundReport(round, List.of(), List.of(), 0, List.of(), Map.of(), PhaseTimes.NONE);
    }

    @Example
    void shouldRefuseResultsThatSayNothing() {
        assertThatThrownBy(() -> ClientDistribution.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no results: clients=0, limit=1 or more; evaluate clients with samples");
        assertThatThrownBy(() -> ClientDistribution.of(List.of(new Evaluation(1, 1, 1), new Evaluation(0, 0, 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("result without samples: position=1, samples=0, limit=1 or more; leave out clients without"
                        + " samples");
    }

    /** A percentile splits the values: so many per cent of the distances between ranks lie below it. */
    @Property
    void shouldPutPercentilesBetweenTheRanksAroundThem(
            @ForAll @Size(min = 1, max = 40) double[] values, @ForAll @IntRange(max = 100) int percent) {
        double[] sorted =
                DoubleStream.of(values).filter(Double::isFinite).sorted().toArray();
        double percentile = Spread.percentile(sorted, percent);

        double rank = percent * (sorted.length - 1) / 100.0;
        assertThat(percentile)
                .isBetween(sorted[(int) Math.floor(rank - 1e-9 < 0 ? 0 : rank - 1e-9)], sorted[(int) Math.ceil(rank)]);
        if (percent < 100) {
            assertThat(percentile).isLessThanOrEqualTo(Spread.percentile(sorted, percent + 1));
        }
    }

    /** Neither the order of clients nor ties matter; mirrored figures have mirrored percentiles. */
    @Property
    void shouldOrderTheFiguresOfADistribution(
            @ForAll @Size(min = 1, max = 30) List<@DoubleRange(min = 0, max = 1) Double> accuracies) {
        long[] ones = IntStream.range(0, accuracies.size()).mapToLong(i -> 1).toArray();
        double[] values = accuracies.stream().mapToDouble(x -> x).toArray();
        double[] mirrored = Arrays.stream(values).map(x -> -x).toArray();

        Spread spread = Spread.of(values, ones, false);
        Spread mirror = Spread.of(mirrored, ones, true);

        assertThat(List.of(spread.min(), spread.p10(), spread.p50(), spread.p90(), spread.max()))
                .isSorted();
        assertThat(spread.mean()).isBetween(spread.min() - 1e-12, spread.max() + 1e-12);
        assertThat(spread.weighted()).isCloseTo(spread.mean(), ROUNDING);
        assertThat(spread.worst10()).isLessThanOrEqualTo(spread.mean() + 1e-12);
        assertThat(spread.std()).isBetween(0.0, 0.5 + 1e-12);
        assertThat(mirror.worst10()).isCloseTo(-spread.worst10(), ROUNDING);
        assertThat(mirror.p10()).isCloseTo(-spread.p90(), ROUNDING);
    }
}
