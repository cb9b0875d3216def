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
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run that is interrupted at any round and resumed, also in another mode, ends in the bits of an undisturbed one. */
@Timeout(180)
final class FedAvgResumeTest {

    private static final int ROUNDS = 4;
    private static final int CLIENTS = 6;

    @TempDir
    private Path folder;

    private enum Mode {
        SERIAL,
        THREADS,
        PROCESSES;

        AbstractClientTrainer<FedAvgUplinkPackage, FedAvgDownlinkPackage, ?> trainer(
                FedAvgClients clients, int workers) {
            TrainerOptions options =
                    TrainerOptions.builder().numParallels(workers).seed(5).build();
            return switch (this) {
                case SERIAL ->
                    new FedAvgSerialClientTrainer(
                            clients, TrainerOptions.builder().seed(5).build());
                case THREADS -> new FedAvgThreadPoolClientTrainer(clients, options);
                case PROCESSES -> new FedAvgProcessPoolClientTrainer(clients, options);
            };
        }
    }

    /** Runs from the latest checkpoint up to a round; the hashes of the rounds that were run. */
    private static List<String> run(Path checkpointFolder, Mode mode, int workers, int until) {
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
                var trainer = mode.trainer(
                        new FedAvgClients(
                                models,
                                Tiny.CONVOLUTION,
                                data.partitions(),
                                CLIENTS,
                                SgdOptions.defaults().withEpochs(1)),
                        workers);
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
    void shouldEndInTheSameBitsWhereverItIsInterruptedAndHoweverItGoesOn() {
        List<String> expected = run(folder.resolve("undisturbed"), Mode.SERIAL, 1, ROUNDS);
        assertThat(expected).doesNotHaveDuplicates().hasSize(ROUNDS);
        for (Mode before : Mode.values()) {
            Path own = folder.resolve(before.name());
            Mode[] after = {Mode.PROCESSES, Mode.THREADS, Mode.SERIAL};
            List<String> hashes = new ArrayList<>();
            hashes.addAll(run(own, before, 2, 1));
            for (int round = 2; round <= ROUNDS; round++) {
                hashes.addAll(run(own, after[round - 2], round - 1, round));
            }
            assertThat(hashes).as("begun in mode %s", before).isEqualTo(expected);
        }
    }

    @Test
    void shouldHaveNothingLeftToRunIfAllRoundsWereSaved() {
        assertThat(run(folder, Mode.SERIAL, 1, 2)).hasSize(2);
        assertThat(run(folder, Mode.SERIAL, 1, 2)).isEmpty();
    }

    @Test
    void shouldRefuseToGoOnWithFewerRoundsThanWereRunOrAnotherModel() {
        run(folder, Mode.SERIAL, 1, 2);

        assertThatThrownBy(() -> run(folder, Mode.SERIAL, 1, 1))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("part=handler")
                .hasMessageContaining("completed rounds out of range: round=2, limit=0 to 1");
        Tiny.Selector models = new Tiny.Selector(1);
        try (TinyData data = TinyData.evenly(60, CLIENTS);
                var handler = new FedAvgServerHandler(
                        models, Tiny.LINEAR, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS));
                var trainer = new FedAvgSerialClientTrainer(
                        new FedAvgClients(models, Tiny.LINEAR, data.partitions(), CLIENTS, SgdOptions.defaults()),
                        TrainerOptions.defaults());
                Checkpoints checkpoints =
                        Checkpoints.in(folder).add("handler", handler).add("trainer", trainer)) {
            assertThatThrownBy(checkpoints::resume)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("part=handler")
                    .hasMessageContaining("parameters of another model: shape=[")
                    .hasMessageContaining("limit=[51], Float; resume with the model that was saved");
        }
    }
}
