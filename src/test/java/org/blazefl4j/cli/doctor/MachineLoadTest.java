package org.blazefl4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MachineLoadTest {

    @Test
    void shouldWarnOfABusyMachine() {
        assertThat(Finding.ofLoad(1.234, 2))
                .contains(new Finding(
                        "the machine was busy in the last minute: load average 1.23 on 2 cores; measured times are too long",
                        "stop other programs, wait a minute, and measure again"));
    }

    @Test
    void shouldAcceptASmallLoadAsQuiet() {
        assertThat(Finding.ofLoad(0.5, 2)).isEmpty();
        assertThat(Finding.ofLoad(0.6, 4)).isEmpty();
    }
}
