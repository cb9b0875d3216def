package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.fedavg.FedAvgClients;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.core.ClientTrainer.PeakMemory;
import org.blazefl4j.core.InMemoryPartitionedDataset;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.data.TensorDataset;
import org.blazefl4j.model.ModelName;
import org.blazefl4j.torch.Tensors;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The resident memory of processes: idle workers give it back, and its peak is reported. */
@Slow
final class ResidentMemoryTest {

    /** 16 MiB. */
    private static final int FLOATS = 1 << 22;

    private static final int BLOCKS = 16;

    private static final long USED = 4L * FLOATS * BLOCKS;

    /** An allowance for the heap's least size, and for code that was compiled meanwhile. */
    private static final long KEPT = 64L << 20;

    private static ProcessPoolClientTrainer<Order, Down, Up> greedy() {
        return new ProcessPoolClientTrainer<>(
                new Algorithm(FLOATS).worker(ResidentMemoryTest::use),
                TrainerOptions.builder().numParallels(1).build());
    }

    /** Uses blocks that malloc keeps, and about as much of the Java heap, and frees both. */
    private static Up use(Order order, Down payload, WorkerContext context) {
        try (PointerScope step = new PointerScope()) {
            for (int i = 0; i < BLOCKS; i++) {
                torch.ones(FLOATS);
            }
        }
        List<byte[]> blocks = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            blocks.add(new byte[4 * FLOATS]);
        }
        Up buffer = context.uplinkBuffer();
        buffer.x().copy_(payload.x()).add_(new Scalar(order.cid() + blocks.size()));
        return new Up(order.cid(), 0, 0, Map.of(), buffer.x(), buffer.y(), buffer.rest());
    }

    private static void round(ProcessPoolClientTrainer<Order, Down, Up> trainer) {
        Down down = down(FLOATS, 1);
        trainer.localProcess(down, cids(3), up -> {
            assertThat(PoolClients.first(up.x())).isEqualTo(1f + BLOCKS + up.cid());
            up.close();
        });
        down.x().close();
    }

    /** Returns a process's resident memory without shared memory and library code, which other processes share. */
    private static long own(long pid) {
        return bytes(pid, "RssAnon:");
    }

    private static long bytes(long pid, String field) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith(field))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldGiveMemoryBackInEachPauseBetweenRounds() {
        try (var trainer = greedy()) {
            trainer.awaitReady();
            long pid = trainer.workerPids().get(0);
            long ready = own(pid);
            for (int pause = 0; pause < 2; pause++) {
                round(trainer);
                Conditions.await(
                        () -> "own memory within " + KEPT + " of " + ready + ": " + own(pid),
                        () -> own(pid) <= ready + KEPT);
            }
            assertThat(trainer.workerPids()).containsExactly(pid);
            assertThat(trainer.peakMemory().workers().get(0)).isGreaterThan(ready + USED);
        }
    }

    /** A ResNet-18 has 45 MB of parameters. */
    @Test
    void shouldGiveTheMemoryOfALargeModelBackAfterTrainingAndScoring() {
        ModelSelector<ModelName> models = ModelSelector.seeded(1, 3, 32, 32, 10);
        try (Tensor images = torch.ones(2, 3, 32, 32);
                Tensor labels = Tensors.of(new long[] {0, 1});
                var data = new InMemoryPartitionedDataset<PartitionType>()) {
            data.setDataset(PartitionType.TRAIN, 0, new TensorDataset(images, labels));
            data.setDataset(PartitionType.TEST, new TensorDataset(images, labels));
            var clients = new FedAvgClients(models, ModelName.RESNET18, data, 1, new SgdOptions(1, 2, 0.1));
            try (var server = new FedAvgServerHandler(models, ModelName.RESNET18, data, ServerOptions.of(1, 1));
                    var trainer = new ProcessPoolClientTrainer<>(
                            clients, TrainerOptions.builder().numParallels(1).build())) {
                trainer.awaitReady();
                long pid = trainer.workerPids().get(0);
                long ready = own(pid);
                trainer.localProcess(server.downlinkPackage(), server.sampleClients(), uplink -> {
                    try (uplink) {
                        server.load(uplink);
                    }
                });
                server.evaluate(trainer.workers());

                Conditions.await(
                        () -> "own memory within " + KEPT + " of " + ready + ": " + own(pid),
                        () -> own(pid) <= ready + KEPT);
            }
        }
    }

    @Test
    void shouldCountThePeakOfEndedWorkers() {
        var trainer = greedy();
        PeakMemory before;
        try (trainer) {
            round(trainer);
            before = trainer.peakMemory();
            long pid = trainer.workerPids().get(0);
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            Conditions.await("another worker", () -> trainer.workerPids().get(0) != pid);

            assertThat(trainer.peakMemory().workers()).isEqualTo(before.workers());
        }
        assertThat(before.workers()).hasSize(1).allMatch(worker -> worker > 2 * USED);
        assertThat(before.parent()).isPositive();
        assertThat(trainer.peakMemory().workers()).isEqualTo(before.workers());
    }

    @WithoutProcesses
    void shouldCountThisProcessAloneWithoutWorkerProcesses(ExecutionMode mode) {
        try (var trainer = Clients.trainer(mode, Clients.adding())) {
            long pid = ProcessHandle.current().pid();
            long before = bytes(pid, "VmHWM:");
            PeakMemory peak = trainer.peakMemory();

            assertThat(peak.workers()).isEmpty();
            assertThat(peak.parent()).isBetween(before, bytes(pid, "VmHWM:"));
        }
    }
}
