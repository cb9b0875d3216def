package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.contrib.common.ClientConfig;
import org.blazefl4j.contrib.common.Evaluation;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.ShardFailedException;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.core.Workers;
import org.blazefl4j.data.Batch;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.Numerics;
import org.blazefl4j.model.Numerics.Autocast;
import org.blazefl4j.model.Numerics.MemoryLayout;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.SerialClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Fault;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluation by workers gives the same bits as by the server, even if workers fail. */
@Slow
final class FedAvgEvaluationTest {

    private static final Tiny.Selector SELECTOR = new Tiny.Selector(1);
    private static final int CLIENTS = 5;

    @TempDir
    private Path folder;

    private final TinyData data = TinyData.evenly(40, CLIENTS);

    @AfterEach
    void close() {
        data.close();
    }

    /** Creates a handler with batch normalisation and 6 test batches; the last one is smaller. */
    private FedAvgServerHandler handler() {
        return handler(SELECTOR);
    }

    private FedAvgServerHandler handler(ModelSelector<Tiny> selector) {
        ServerOptions options = ServerOptions.of(2, CLIENTS).withBatchSize(7);
        return new FedAvgServerHandler(selector, Tiny.CONVOLUTION, data.partitions(), options);
    }

    private FedAvgClients clients() {
        SgdOptions options = new SgdOptions(1, 4, 0.05);
        return new FedAvgClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, options);
    }

    /** Kills the worker of the third batch, once. */
    private String kill() {
        return "TRAINING,shard=2,do=kill,file=" + folder.resolve("killed");
    }

    private ProcessPoolClientTrainer<ClientConfig, FedAvgDownlinkPackage, FedAvgUplinkPackage> pool(
            FailurePolicy policy, String faults) {
        TrainerOptions options =
                TrainerOptions.builder().numParallels(2).onClientFailure(policy).build();
        ProcessOptions process =
                ProcessOptions.builder().jvmArguments(Fault.arguments(faults)).build();
        return new ProcessPoolClientTrainer<>(clients(), options, process);
    }

    @Test
    void shouldGiveTheSameBitsWhenAKilledWorkersBatchIsRetried() {
        try (var handler = handler();
                var trainer = pool(FailurePolicy.retry(1), kill())) {
            List<Long> pids = trainer.workerPids();

            Evaluation evaluation = handler.evaluate(trainer.workers());

            assertThat(evaluation).isEqualTo(handler.evaluate());
            assertThat(trainer.workerPids()).isNotEqualTo(pids);
            assertThat(trainer.retried()).isEmpty();
        }
    }

    @Test
    void shouldSayThatAWorkerWasKilledInEvaluation() {
        try (var handler = handler();
                var trainer = pool(FailurePolicy.failFast(), kill())) {
            ShardFailedException failure =
                    catchThrowableOfType(ShardFailedException.class, () -> new Simulation<>(handler, trainer).run());

            assertThat(failure)
                    .hasMessageStartingWith(
                            "evaluation failed: shard=2, worker=" + failure.worker() + ": worker process ended: pid=")
                    .hasMessageContaining("exit=137");
            assertThat(handler.round()).as("the trained round is kept").isEqualTo(1);
            assertThat(handler.evaluate(trainer.workers())).isEqualTo(handler.evaluate());
        }
    }

    @Test
    void shouldLeaveNoTraceInTraining() {
        try (var often = handler();
                var once = handler();
                var trainer = new SerialClientTrainer<>(clients(), TrainerOptions.defaults());
                var other = new SerialClientTrainer<>(clients(), TrainerOptions.defaults())) {
            new Simulation<>(once, other).run();
            while (!often.isStopped()) {
                often.evaluate(trainer.workers());
                trainer.localProcess(often.downlinkPackage(), often.sampleClients(), uplink -> {
                    try (uplink) {
                        often.load(uplink);
                    }
                });
                often.evaluate(trainer.workers());
            }

            assertThat(often.sha256()).isEqualTo(once.sha256());
        }
    }

    /** Server and clients use different numerics in the same workers; either may create a model there first. */
    @Test
    void shouldEvaluateWithTheServersNumericsIfClientsUseOthers() {
        Numerics shorter = new Numerics(MemoryLayout.AUTO, Autocast.BFLOAT16);
        try (var full = handler();
                var half = handler(SELECTOR.with(shorter));
                var trainer = new SerialClientTrainer<>(clients(), TrainerOptions.defaults())) {
            assertThat(half.evaluate(trainer.workers()))
                    .isEqualTo(half.evaluate())
                    .isNotEqualTo(full.evaluate());
            new Simulation<>(full, trainer).run();

            assertThat(full.evaluate(trainer.workers())).isEqualTo(full.evaluate());
            assertThat(half.evaluate(trainer.workers())).isEqualTo(half.evaluate());
        }
    }

    /** Cannot be sent to another process. */
    private static final class BoundToThisProcess implements Dataset {
        private final Thread here = Thread.currentThread();
        private final TensorDataset samples;

        BoundToThisProcess(TensorDataset samples) {
            this.samples = samples;
        }

        @Override
        public long size() {
            return samples.size();
        }

        @Override
        public Batch select(Tensor indices, Generator generator) {
            assertThat(here.isAlive()).isTrue();
            return samples.select(indices, generator);
        }
    }

    @Test
    void shouldEvaluateDataThatCannotCrossItself() {
        try (var handler = handler();
                var trainer = pool(FailurePolicy.failFast(), "")) {
            Evaluation expected = handler.evaluate();
            data.partitions().setDataset(PartitionType.TEST, new BoundToThisProcess(data.whole()));

            assertThat(handler.evaluate(trainer.workers())).isEqualTo(expected);
        }
    }

    @Test
    void shouldEvaluateItselfWithoutWorkers() {
        try (var handler = handler()) {
            assertThat(handler.getSummary(Workers.NONE)).isEqualTo(handler.getSummary());
        }
    }
}
