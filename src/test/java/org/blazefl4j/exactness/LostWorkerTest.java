package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Worker processes that are killed and whose clients are trained again in others give the same bits. */
@Slow
final class LostWorkerTest {

    /** It has a whole result and a new state, which are not committed. */
    private static final int BEFORE_DONE = 1;
    /** Its result is committed, and may or may not have been taken. */
    private static final int AFTER_DONE = 8;

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheSameBitsIfWorkersAreKilledInEveryRound(Algorithm algorithm) {
        String faults = "BEFORE_DONE,client=" + BEFORE_DONE + ",attempt=0,do=kill;AFTER_DONE,client=" + AFTER_DONE
                + ",attempt=0,do=kill";

        Outcome outcome = new Trial(algorithm, Net.CNN)
                .in(Way.processes(3))
                .faults(faults, 5)
                .run();

        assertThat(outcome.hashes()).isEqualTo(Trial.expected(algorithm, Net.CNN));
        List<Boolean> struck = outcome.retried().stream()
                .map(retried -> retried.contains(BEFORE_DONE))
                .toList();
        assertThat(struck)
                .isEqualTo(outcome.clients().stream()
                        .map(clients -> clients.contains(BEFORE_DONE))
                        .toList());
        assertThat(struck.subList(1, struck.size()))
                .as("with a state that it kept")
                .contains(true);
    }
}
