package org.blazefl4j.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.shm.SharedMemoryMap;
import org.blazefl4j.worker.SlotLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the number of slots that a pool starts with, and their use. */
final class SlotPoolTest {

    private static final long RESNET18 = 4L * 11_191_262;

    @ParameterizedTest
    @CsvSource({
        "1, 2, 32, 32", // the most that two workers can use
        "250000, 2, 32, 32",
        "4000000, 2, 16, 16", // the most that fit
        "44765048, 2, 5, 3", // one per worker and three held; ahead, one per worker and one between
        "44765048, 4, 5, 5",
        "1000000000, 2, 3, 3" // the fewest that work
    })
    void shouldHaveAsManySlotsAsAreUseful(long bytes, int workers, int slots, int ahead) {
        assertThat(SlotPool.slotsFor(bytes, workers)).isEqualTo(slots);
        assertThat(SlotLayout.aheadFor(bytes, workers)).isEqualTo(ahead);
    }

    @Test
    void shouldUseLessThan300MillionBytesForResNet18() {
        assertThat(RESNET18 * (SlotPool.slotsFor(RESNET18, 2) + 1)).isLessThan(300_000_000);
    }

    @Test
    void shouldLeaveWorkersTheirSlotsWhilePackagesAreHeld() {
        SharedMemoryMap map = new SharedMemoryMap();
        try (SlotPool pool = new SlotPool(4096, 5, 3, 64, map);
                SlotPool least = new SlotPool(4096, 3, 3, 64, map)) {
            assertThat(pool.ahead()).isEqualTo(3);
            assertThat(pool.mostHeld(2)).isEqualTo(3);
            assertThat(least.mostHeld(2)).isEqualTo(1);
            assertThat(least.mostHeld(4)).as("one is always handed over").isEqualTo(1);
        }
    }
}
