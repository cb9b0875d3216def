package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs that stop after any round and continue from a checkpoint, in any other mode, give the same bits. */
@Slow
final class ResumeTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void shouldContinueInProcessesFromASerialCheckpoint(Algorithm algorithm) {
        requireSameBits(algorithm, folder, 1, List.of(Way.SERIAL, Way.processes(2)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldContinueFromACheckpointOfAnyRound(Algorithm algorithm) {
        for (int saved = 1; saved < Net.CNN.rounds(); saved++) {
            requireSameBits(algorithm, folder.resolve("after" + saved), saved, List.of(Way.SERIAL, Way.threads(3)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldContinueInThreadsAndInSerialFromEachOthersCheckpoints(Algorithm algorithm) {
        requireSameBits(algorithm, folder, 1, List.of(Way.threads(3), Way.SERIAL, Way.threads(2)));
    }

    @ParameterizedTest
    @EnumSource
    void shouldContinueInThreadsFromACheckpointOfProcesses(Algorithm algorithm) {
        requireSameBits(algorithm, folder, 2, List.of(Way.processes(2), Way.threads(3)));
    }

    /** Runs {@code first} rounds in the first way, one round in each that follows, and the rest in the last one. */
    private static void requireSameBits(Algorithm algorithm, Path checkpoints, int first, List<Way> ways) {
        List<String> hashes = new ArrayList<>();
        int last = ways.size() - 1;
        for (int i = 0; i <= last; i++) {
            int until = i == last ? Net.CNN.rounds() : first + i;
            Outcome outcome = new Trial(algorithm, Net.CNN)
                    .in(ways.get(i))
                    .checkpoints(checkpoints)
                    .until(until)
                    .run();
            hashes.addAll(outcome.hashes());
            assertThat(hashes).hasSize(until);
        }
        assertThat(hashes).isEqualTo(Trial.expected(algorithm, Net.CNN));
    }
}
