package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.Device;
import org.blazefl4j.data.Transform;
import org.blazefl4j.reproducibility.Reproducibility;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Federated averaging on CUDA devices, with dropout, batch normalisation and random transforms. */
@OnGpu
final class FedAvgGpuTest {

    private static final Device CUDA = Device.parse("cuda");
    private static final int CLIENTS = 4;
    private static final Tiny.Selector SELECTOR = new Tiny.Selector(5);

    private TinyData data;

    @BeforeEach
    void open() {
        Reproducibility.seedEverything(5);
        data = TinyData.evenly(60, CLIENTS).transformed(Transform.randomHorizontalFlip(0.5));
    }

    @AfterEach
    void close() {
        data.close();
        torch.globalContext().setDeterministicAlgorithms(false, false);
        torch.globalContext().setDeterministicCuDNN(false);
    }

    /** The hashes after two rounds in worker processes, and the loss at the end. */
    private record Outcome(List<String> hashes, double loss) {}

    private Outcome train(Device device, int workers) {
        SgdOptions training = new SgdOptions(2, 4, 0.05);
        FedAvgClients clients = new FedAvgClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, training);
        TrainerOptions options =
                TrainerOptions.builder().device(device).numParallels(workers).build();
        ProcessOptions process = ProcessOptions.builder()
                .environment(Map.of("CUBLAS_WORKSPACE_CONFIG", ":4096:8"))
                .build();
        List<String> hashes = new ArrayList<>();
        try (var handler = new FedAvgServerHandler(
                        SELECTOR, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(2, CLIENTS));
                var trainer = new ProcessPoolClientTrainer<>(clients, options, process)) {
            while (!handler.isStopped()) {
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                    try (uplink) {
                        handler.load(uplink);
                    }
                });
                hashes.add(handler.sha256());
            }
            return new Outcome(hashes, (double) handler.getSummary().get("loss"));
        }
    }

    @Test
    void shouldGiveTheSameBitsInARerunWithAnotherNumberOfWorkers() {
        Outcome first = train(CUDA, 1);

        assertThat(first.hashes).hasSize(2).doesNotHaveDuplicates();
        assertThat(train(CUDA, 2).hashes).isEqualTo(first.hashes);
    }

    /** Both devices draw the same random numbers, so only rounding differs. */
    @Test
    void shouldTrainAsOnTheCpu() {
        assertThat(train(CUDA, 1).loss).isCloseTo(train(Device.CPU, 1).loss, within(1e-3));
    }
}
