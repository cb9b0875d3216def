package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.spark.Messages.TaskResult;
import org.junit.jupiter.api.Test;

final class TaskResultsTest {

    /** Executors report what is not zero with each heartbeat, yet the driver merges what a task brings. */
    @Test
    void shouldLeaveResultsOutOfHeartbeats() {
        List<TaskResult> arrived = new ArrayList<>();
        TaskResults<TaskResult> driver = new TaskResults<>(arrived::add);
        TaskResults<TaskResult> task = new TaskResults<>(null);
        TaskResult result = new TaskResult(0, "1", List.of(), null, false, null, null);
        task.add(result);
        assertThat(task.isZero()).isTrue();
        driver.merge(task);
        assertThat(arrived).containsExactly(result);
    }
}
