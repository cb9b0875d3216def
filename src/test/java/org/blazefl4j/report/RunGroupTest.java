package org.blazefl4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RunGroupTest {

    private static RunRecord run(String name, Map<String, Object> configuration, double... accuracies) {
        return new RunRecord(
                name,
                configuration,
                IntStream.range(0, accuracies.length)
                        .mapToObj(i -> Map.<String, Object>of(
                                "round", i + 1, "accuracy", Double.isNaN(accuracies[i]) ? "NaN" : accuracies[i]))
                        .toList(),
                Optional.empty(),
                List.of(),
                List.of(),
                Map.of());
    }

    private static Series line(RunGroup group) {
        return group.line(run -> run.column("round"), "accuracy");
    }

    @Test
    void shouldTakeSeedsTogetherAndNameGroupsByWhatDiffers() {
        List<RunGroup> groups = RunGroup.of(List.of(
                run("a", Runs.configuration(1, 0.1), 0.25),
                run("b", Runs.configuration(1, 0.5), 0.5),
                run("c", Runs.configuration(2, 0.1), 0.75)));

        assertThat(groups).extracting(RunGroup::name).containsExactly("lr 0.1", "lr 0.5");
        assertThat(groups).extracting(RunGroup::colour).containsExactly(0, 1);
        assertThat(groups.get(0).runs()).extracting(RunRecord::name).containsExactly("a", "c");
    }

    @Test
    void shouldNameGroupsByTheirFoldersIfNothingDiffersOrTooMuch() {
        Map<String, Object> plain = Runs.configuration(1, 0.1);
        String longValue = "x".repeat(80);

        assertThat(RunGroup.of(List.of(run("a", plain, 1), run("b", plain, 1))))
                .extracting(RunGroup::name)
                .containsExactly("a and 1 more");
        assertThat(RunGroup.of(List.of(run("a", plain, 1), run("b", Map.of("trace", longValue), 1))))
                .extracting(RunGroup::name)
                .containsExactly("fedavg, num clients 100, lr 0.1, cores 2", "b");
        assertThat(RunGroup.of(List.of(run("a", Map.of(), 1), run("b", Map.of(), 1))))
                .as("runs without a configuration")
                .extracting(RunGroup::name)
                .containsExactly("a", "b");
    }

    @Test
    void shouldDrawTheMeanAndTheRangeOverTheRoundsThatAllHave() {
        RunGroup group = RunGroup.of(List.of(
                        run("a", Runs.configuration(1, 0.1), 0.25, 0.5, 0.75),
                        run("b", Runs.configuration(2, 0.1), 0.75, 1.0)))
                .get(0);

        Series line = line(group);
        assertThat(line.x()).containsExactly(1, 2);
        assertThat(line.y()).containsExactly(0.5, 0.75);
        assertThat(line.low()).containsExactly(0.25, 0.5);
        assertThat(line.high()).containsExactly(0.75, 1.0);
    }

    @Test
    void shouldLeaveOutRoundsWithoutAFigure() {
        Series line = line(RunGroup.of(List.of(run("a", Map.of(), Double.NaN, 0.5, Double.NaN, 0.75)))
                .get(0));

        assertThat(line.x()).containsExactly(2, 4);
        assertThat(line.y()).containsExactly(0.5, 0.75);
        assertThat(line.low()).as("no band of one run").isEmpty();
    }

    @Test
    void shouldDrawSomeOfManyRoundsTheFirstAndTheLastAmongThem() {
        RunGroup group = RunGroup.of(List.of(run(
                        "a",
                        Map.of(),
                        IntStream.rangeClosed(1, 10_000).asDoubleStream().toArray())))
                .get(0);

        double[] rounds = line(group).x();
        assertThat(rounds).hasSizeBetween(300, 601).startsWith(1).endsWith(10_000);
        assertThat(line(group).y()).isEqualTo(rounds);
        assertThat(RunGroup.note(List.of(group))).isEqualTo("Long runs: every 17th round.");
    }
}
