package org.blazefl4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class IdleCoresTest {

    private static final int ALL = Runtime.getRuntime().availableProcessors();

    @Test
    void shouldCountWhatNoWorkerHas() {
        assertThat(IdleCores.count()).isEqualTo(ALL);
        try (IdleCores.Claim claim = IdleCores.claim(ALL - 1)) {
            assertThat(IdleCores.count()).isEqualTo(1);
        }
        assertThat(IdleCores.count()).isEqualTo(ALL);
    }

    @Test
    void shouldLeaveOneToTheCallingThread() {
        try (IdleCores.Claim one = IdleCores.claim(ALL);
                IdleCores.Claim other = IdleCores.claim(3)) {
            assertThat(IdleCores.count()).isEqualTo(1);
        }
    }

    @Test
    void shouldTakeAClaimBackOnce() {
        IdleCores.Claim claim = IdleCores.claim(1);
        claim.close();
        claim.close();
        assertThat(IdleCores.count()).isEqualTo(ALL);
    }
}
