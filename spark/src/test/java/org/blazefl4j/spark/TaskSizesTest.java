package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.blazefl4j.core.Device;
import org.blazefl4j.spark.Messages.Job;
import org.junit.jupiter.api.Test;

/** How much a task may be given, and may return. */
final class TaskSizesTest {

    private static final long MIB = 1 << 20;

    @Test
    void shouldMakeTwoTasksForEachAtATime() {
        assertThat(SparkClientTrainer.tasksFor(100, 0, MIB, 4)).isEqualTo(8);
        assertThat(SparkClientTrainer.tasksFor(3, 0, MIB, 4)).isEqualTo(3);
        assertThat(SparkClientTrainer.tasksFor(100, 50, 0, 4)).isEqualTo(2);
    }

    @Test
    void shouldGiveTasksNoMoreClientsThanFit() {
        assertThat(SparkClientTrainer.tasksFor(100, 0, 128 * MIB, 4)).isEqualTo(50);
        assertThat(SparkClientTrainer.tasksFor(100, 50, 128 * MIB, 4)).isEqualTo(50);
        assertThat(SparkClientTrainer.tasksFor(100, 50, 1024 * MIB, 4)).isEqualTo(100);
    }

    @Test
    void shouldCutSumsIntoNoMoreRangesThanElements() {
        assertThat(SparkClientTrainer.ranges(16, 1_000_000)).isEqualTo(16);
        assertThat(SparkClientTrainer.ranges(1000, 1_000_000)).isEqualTo(200);
        assertThat(SparkClientTrainer.ranges(16, 3)).isEqualTo(3);
    }

    @Test
    void shouldRefuseResultsThatAreTooLargeWithTheirStates() {
        try (OutcomeCollector outcomes = new OutcomeCollector(null, new KeptSums(), ArrayPool.NONE, 2000)) {
            outcomes.state(0, Parcel.tensor(new byte[1000]));
            outcomes.add(List.of(job(0)), List.of("small"));
            outcomes.state(1, Parcel.tensor(new byte[1000]));
            assertThatThrownBy(() -> outcomes.add(List.of(job(1)), List.of("small")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("results of a task too large for Spark: bytes=20\\d\\d, limit=2000; give tasks"
                            + " fewer clients \\(withClientsPerTask\\), train a smaller model, or on one machine");
        }
    }

    private static Job job(int index) {
        return new Job(index, index, Device.CPU, null, null, null);
    }
}
