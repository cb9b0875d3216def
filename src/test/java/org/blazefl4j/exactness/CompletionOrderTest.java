package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients that end out of order give the same bits: workers are slowed at random, and the first client waits until
 * another has ended. Servers that accept any order load packages as they arrive.
 */
@Slow
final class CompletionOrderTest {

    @TempDir
    private Path folder;

    static Stream<Arguments> slow() {
        return Stream.of(Algorithm.values())
                .flatMap(algorithm -> Stream.of(Way.threads(3), Way.threads(8), Way.processes(2))
                        .map(way -> Arguments.of(algorithm, way, way.workers() + 10 * algorithm.ordinal())));
    }

    @ParameterizedTest
    @MethodSource("slow")
    void shouldGiveTheSameBitsInAnyOrderOfCompletion(Algorithm algorithm, Way way, long seed) throws Exception {
        Path reads = folder.resolve("reads");
        int first = Trial.undisturbed(algorithm, Net.CNN).clients().get(0).get(0);

        Outcome outcome = new Trial(algorithm, Net.CNN)
                .in(way)
                .around((cid, data) -> new Slowed(data, cid, cid == first, seed, reads))
                .run();

        assertThat(outcome.hashes()).as("seed=%d", seed).isEqualTo(Trial.expected(algorithm, Net.CNN));
        assertThat(firstRoundsEnds(reads, outcome))
                .isNotEqualTo(outcome.clients().get(0));
        assertThat(outcome.loaded().get(0).equals(first)).as("in list order").isEqualTo(algorithm == Algorithm.DSFL);
    }

    /** Returns the first round's clients in the order of their last reads. Each reads its batches once in a round. */
    private static List<Integer> firstRoundsEnds(Path reads, Outcome outcome) throws Exception {
        int batches =
                outcome.clients().get(0).stream().mapToInt(Images::batches).sum();
        return Slowed.orderOfEnds(Files.readAllLines(reads).stream()
                .limit(batches)
                .map(Integer::valueOf)
                .toList());
    }
}
