package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.checkpoint.CheckpointException;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests how far a resumed run goes, and with which settings it is refused. */
final class FedAvgResumeTest {

    private static final int ROUNDS = 4;
    private static final int CLIENTS = 6;

    @TempDir
    private Path folder;

    /** Runs from the latest checkpoint up to a round; returns the hashes of these rounds. */
    private static List<String> run(Path checkpointFolder, int until) {
        List<String> hashes = new ArrayList<>();
        RoundListener<Object> hash = new RoundListener<>() {
            @Override
            public void roundFinished(RoundReport report) {
                hashes.add((String) report.summary().get("sha256"));
            }
        };
        Tiny.Selector models = new Tiny.Selector(1);
        try (TinyData data = TinyData.evenly(60, CLIENTS);
                var handler = new FedAvgServerHandler(
                        models,
                        Tiny.CONVOLUTION,
                        data.partitions(),
                        ServerOptions.of(until, CLIENTS).withSampleRatio(0.5).withSeed(5));
                var trainer = new SerialClientTrainer<>(
                        new FedAvgClients(
                                models,
                                Tiny.CONVOLUTION,
                                data.partitions(),
                                CLIENTS,
                                SgdOptions.defaults().withEpochs(1)),
                        TrainerOptions.defaults());
                Checkpoints checkpoints = Checkpoints.in(checkpointFolder)
                        .every(100)
                        .add("handler", handler)
                        .add("trainer", trainer)) {
            checkpoints.resume();
            new Simulation<>(handler, trainer)
                    .addListener(hash)
                    .addListener(checkpoints)
                    .run();
        }
        return hashes;
    }

    @Test
    void shouldRunNothingIfAllRoundsWereSaved() {
        assertThat(run(folder, 2)).hasSize(2);
        assertThat(run(folder, 2)).isEmpty();
    }

    @Test
    void shouldRefuseToContinueWithFewerRoundsOrAnotherModel() {
        run(folder, 2);

        assertThatThrownBy(() -> run(folder, 1))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("part=handler")
                .hasMessageContaining("completed rounds out of range: rounds=2, limit=0 to 1");
        Tiny.Selector models = new Tiny.Selector(1);
        try (TinyData data = TinyData.evenly(60, CLIENTS);
                var handler = new FedAvgServerHandler(
                        models, Tiny.LINEAR, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS));
                var trainer = new SerialClientTrainer<>(
                        new FedAvgClients(models, Tiny.LINEAR, data.partitions(), CLIENTS, SgdOptions.defaults()),
                        TrainerOptions.defaults());
                Checkpoints checkpoints =
                        Checkpoints.in(folder).add("handler", handler).add("trainer", trainer)) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("part=handler")
                    .hasMessageContaining("parameters of another model: shape=[")
                    .hasMessageContaining("expected=[51], Float; resume with the model that was saved");
        }
    }
}
