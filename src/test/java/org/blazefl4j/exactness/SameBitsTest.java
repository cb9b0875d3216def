package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One experiment gives one sequence of bits: all algorithms with dropout, batch normalisation and augmentation, in all
 * execution modes, with one to eight workers. Each client finds its worker's model filled with NaN.
 */
@Slow
final class SameBitsTest {

    private static final long HERE = ProcessHandle.current().pid();

    /** Holds the files of {@link Meeting}. */
    @TempDir
    private Path folder;

    static Stream<Arguments> all() {
        return Stream.of(Algorithm.values())
                .flatMap(algorithm -> Stream.of(Net.CNN, Net.RESNET18)
                        .flatMap(net -> Way.all().map(way -> Arguments.of(algorithm, net, way))));
    }

    /**
     * Returns each algorithm with the small model in every mode, and the one of which most crosses with the large model
     * in processes. The soak runs all.
     */
    static Stream<Arguments> some() {
        return all().filter(arguments ->
                isAffordable((Algorithm) arguments.get()[0], (Net) arguments.get()[1], (Way)
                        arguments.get()[2]));
    }

    private static boolean isAffordable(Algorithm algorithm, Net net, Way way) {
        boolean manyWorkers = way.equals(Way.processes(8)) && algorithm == Algorithm.SCAFFOLD;
        boolean small = way.mode() != ExecutionMode.MULTI_PROCESS || way.equals(Way.processes(2)) || manyWorkers;
        if (algorithm == Algorithm.FEDAVG_ADAM) {
            return net == Net.CNN
                    && (way.equals(Way.SERIAL) || way.equals(Way.threads(3)) || way.equals(Way.processes(2)));
        }
        return net == Net.CNN ? small : algorithm == Algorithm.SCAFFOLD && way.equals(Way.processes(2));
    }

    @ParameterizedTest
    @MethodSource("some")
    void shouldGiveTheSameBitsInEveryMode(Algorithm algorithm, Net net, Way way) {
        requireSameBits(algorithm, net, way);
    }

    @Tag("soak")
    @ParameterizedTest
    @MethodSource("all")
    void shouldGiveTheSameBitsInEveryModeWithEveryNumberOfWorkers(Algorithm algorithm, Net net, Way way) {
        requireSameBits(algorithm, net, way);
    }

    private void requireSameBits(Algorithm algorithm, Net net, Way way) {
        Outcome outcome = new Trial(algorithm, net)
                .in(way)
                .spoilt()
                .around((cid, data) -> new Meeting(data, folder, way.workers()))
                .run();

        assertThat(outcome.hashes()).isEqualTo(Trial.expected(algorithm, net));
        assertThat(outcome.workers()).hasSize(way.workers());
        if (way.mode() == ExecutionMode.MULTI_PROCESS) {
            assertThat(outcome.pids()).hasSize(way.workers()).doesNotContain(HERE);
        } else {
            assertThat(outcome.pids()).containsExactly(HERE);
        }
    }
}
