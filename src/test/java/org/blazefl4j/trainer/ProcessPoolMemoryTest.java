package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;

/** Memory grows with the workers, not with the clients. */
@Slow
final class ProcessPoolMemoryTest {

    /** The state of a ResNet-18 for ten classes. */
    private static final int FLOATS = 11_191_262;

    @Test
    void shouldStreamAHundredLargeClientsThroughAFewSlots() {
        try (var trainer = new ProcessPoolClientTrainer<>(
                new Algorithm(FLOATS), TrainerOptions.builder().numParallels(2).build())) {
            List<Integer> seen = new ArrayList<>();
            trainer.localProcess(down(FLOATS, 1), cids(100), up -> {
                assertThat(PoolClients.first(up.x())).isEqualTo(1f + up.cid());
                seen.add(up.cid());
                up.close();
            });
            assertThat(seen).isEqualTo(cids(100));
            trainer.localProcessInBatches(down(FLOATS, 1), cids(20), batch -> {
                assertThat(batch).hasSizeLessThanOrEqualTo(3);
                batch.forEach(up -> {
                    assertThat(PoolClients.first(up.x())).isEqualTo(1f + up.cid());
                    up.close();
                });
            });
            assertThat(trainer.segmentBytes()).isLessThan(300_000_000L).isGreaterThan(4L * FLOATS * 4);
        }
    }
}
