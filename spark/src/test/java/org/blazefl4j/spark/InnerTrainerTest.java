package org.blazefl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.NonFinitePolicy;
import org.blazefl4j.cuda.GraphMode;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.trainer.TrainerOptions.StepGraphs;
import org.blazefl4j.worker.WorkerSettings;
import org.junit.jupiter.api.Test;

/** What an executor's trainer takes over from the driver's. */
final class InnerTrainerTest {

    @Test
    void shouldTakeTheOptionsOfTheDriver() {
        long limit = Duration.ofSeconds(9).toNanos();
        WorkerSettings settings =
                new WorkerSettings(7, 2, RngCheck.WARN, true, limit, List.of(), 0.25, GraphMode.REQUIRED);
        Messages.Round round = new Messages.Round(
                settings,
                "",
                new byte[0],
                1500,
                SparkRoundTest.foreign(),
                Map.of(),
                0,
                null,
                null,
                null,
                true,
                false,
                null);

        TrainerOptions options = InnerTrainer.options(round, 3);

        assertThat(options.numParallels()).isEqualTo(3);
        assertThat(options.seed()).isEqualTo(7);
        assertThat(options.intraOpThreads()).isEqualTo(2);
        assertThat(options.rngCheck()).isEqualTo(RngCheck.WARN);
        assertThat(options.onNonFinite()).isEqualTo(NonFinitePolicy.FAIL);
        assertThat(options.clientTimeLimit()).contains(Duration.ofSeconds(9));
        assertThat(options.grace()).isEqualTo(Duration.ofMillis(1500));
        assertThat(options.deviceDataShare()).isEqualTo(0.25);
        assertThat(options.stepGraphs()).isEqualTo(StepGraphs.REQUIRED);
    }
}
