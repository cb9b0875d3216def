package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FreeRangesTest {

    private record Range(int start, int bytes) {}

    /** A number up to 20 takes that many bytes; others give back one of the taken ranges. */
    @Property(tries = 300)
    void shouldNeverGiveATakenRangeAndEndAtTheLast(@ForAll List<@IntRange(max = 40) Integer> steps) {
        FreeRanges free = new FreeRanges();
        List<Range> taken = new ArrayList<>();
        BitSet used = new BitSet();
        for (int step : steps) {
            if (step <= 20) {
                Range range = new Range((int) free.take(step), step);
                assertThat(used.get(range.start, range.start + step).isEmpty()).isTrue();
                used.set(range.start, range.start + step);
                taken.add(range);
            } else if (!taken.isEmpty()) {
                Range range = taken.remove(step % taken.size());
                used.clear(range.start, range.start + range.bytes);
                free.give(range.start, range.bytes);
            }
            assertThat(free.end()).isEqualTo(used.length());
        }
    }

    @Test
    void shouldMergeNeighbours() {
        FreeRanges free = new FreeRanges();
        for (int i = 0; i < 4; i++) {
            assertThat(free.take(10)).isEqualTo(10 * i);
        }
        free.give(0, 10);
        free.give(20, 10);
        free.give(10, 10);
        assertThat(free.take(30)).isZero();
        assertThat(free.take(1)).isEqualTo(40);
    }
}
