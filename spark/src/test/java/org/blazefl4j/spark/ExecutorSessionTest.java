package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.TaskContext$;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.spark.Messages.TaskResult;
import org.blazefl4j.spark.RoundTask.Input;
import org.blazefl4j.spark.SparkOptions.Inner;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.worker.RemoteError;
import org.blazefl4j.worker.WorkerSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an executor keeps of a trainer, here in the driver's process, by tasks that it refuses. */
@ExtendWith(OnCluster.class)
final class ExecutorSessionTest {

    private final String name = UUID.randomUUID().toString();
    private final ExecutorSession session = ExecutorSession.of(name);

    @AfterEach
    void close() {
        ExecutorSession.close(name);
    }

    private TaskResult run(int round, byte[] message) {
        RoundTask task =
                new RoundTask(name, List.of(), Inner.SERIAL, round, new Input.Inside(message), List.of(), 0, List.of());
        return session.run(task, 0, TaskContext$.MODULE$.empty(), new ArrayList<>());
    }

    private static byte[] round() {
        WorkerSettings settings =
                new WorkerSettings(1, 1, RngCheck.WARN, false, WorkerSettings.NO_LIMIT, List.of(), 0, GraphMode.OFF);
        NumericEnvironment foreign = SparkRoundTest.foreign();
        return Parcel.encode(
                "round",
                new Messages.Round(
                        settings, "", new byte[0], 0, foreign, Map.of(), 0, null, null, null, false, false, null));
    }

    @Test
    void shouldKeepNoClosedRoundIfTheNextCannotBeRead() {
        assertThat(run(1, round()).refusal()).contains("Abacus");
        assertThat(run(2, new byte[8]).error()).isNotNull();
        assertThat(run(1, new byte[8]).error()).as("read again").isNotNull();
    }

    @Test
    void shouldOpenNoRoundOnceItIsClosed() {
        assertThat(run(1, round()).refusal()).contains("Abacus");
        ExecutorSession.close(name);
        Object error = Parcel.decode(run(2, round()).error(), getClass().getClassLoader());
        assertThat(((RemoteError) error).message()).isEqualTo("trainer is closed: round=2, expected=no more tasks");
    }

    @Test
    void shouldNotBeginAgainOnceItIsClosed() {
        ExecutorSession.close(name);
        ExecutorSession.close(name);
        assertThatIllegalStateException()
                .isThrownBy(() -> ExecutorSession.of(name))
                .withMessage("trainer is closed: session=" + name + ", expected=no more tasks");
        assertThat(ExecutorSession.names()).doesNotContain(name);
    }
}
