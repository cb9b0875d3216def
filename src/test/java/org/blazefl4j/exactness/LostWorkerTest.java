package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Killing worker processes and training their clients again in others gives the same bits. */
@Slow
final class LostWorkerTest {

    /** Killed with a whole result and a new state, neither of which is committed. */
    private static final int BEFORE_DONE = 1;
    /** Killed with a committed result, which the parent may or may not have taken. */
    private static final int AFTER_DONE = 8;

    /** Clients of FEDAVG_ADAM are those of FEDAVG, and keep a state. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "FEDAVG")
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
                .as("in a later round, with a kept state")
                .contains(true);
    }
}
