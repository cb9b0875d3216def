package org.blazefl4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests how lines of {@code /proc/self/maps} are read. */
class ProcessMemoryTest {

    @Test
    void shouldSumUpSharedMemoryOnly() {
        assertThat(ProcessMemory.sharedMappings(List.of(
                        "7f0000000000-7f0000001000 rw-s 00000000 00:1a 12 /dev/shm/#12 (deleted)",
                        "7f0000002000-7f0000005000 rw-s 00000000 00:01 13 /memfd:blazefl4j (deleted)",
                        "7f0000006000-7f0000007000 r--s 00000000 08:01 14 /usr/lib/modules",
                        "7f0000008000-7f0000009000 rw-p 00000000 00:1a 12 /dev/shm/#12 (deleted)",
                        "7f000000a000-7f000000b000 rw-p 00000000 00:00 0")))
                .isEqualTo(0x4000);
    }
}
