package org.blazefl4j.contrib.fedavg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.contrib.common.LocalOptions;
import org.blazefl4j.contrib.common.PartitionType;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.SgdOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.Device;
import org.blazefl4j.cuda.CudaMemory;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.data.Transform;
import org.blazefl4j.federation.Federation;
import org.blazefl4j.federation.algorithm.Algorithms;
import org.blazefl4j.reproducibility.Reproducibility;
import org.blazefl4j.trainer.ExecutionMode;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Fault;
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

    /** The hashes after two rounds, and the loss at the end. */
    private record Outcome(List<String> hashes, double loss) {}

    private FedAvgClients clients() {
        SgdOptions training = new SgdOptions(2, 4, 0.05);
        return new FedAvgClients(SELECTOR, Tiny.CONVOLUTION, data.partitions(), CLIENTS, training);
    }

    /** Trains in worker processes. */
    private Outcome train(Device device, int workers) {
        return train(processes(
                TrainerOptions.builder().device(device).numParallels(workers).build()));
    }

    private ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> processes(TrainerOptions options) {
        return processes(options, "");
    }

    private ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> processes(TrainerOptions options, String faults) {
        ProcessOptions process = ProcessOptions.builder()
                .environment(Map.of("CUBLAS_WORKSPACE_CONFIG", ":4096:8"))
                .jvmArguments(Fault.arguments(faults))
                .build();
        return new ProcessPoolClientTrainer<>(clients(), options, process);
    }

    private Outcome train(ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> opened) {
        List<String> hashes = new ArrayList<>();
        try (var handler = new FedAvgServerHandler(
                        SELECTOR, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(2, CLIENTS));
                var trainer = opened) {
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

    /** Without transforms, so that samples stay on the device, unless none may. */
    @Test
    void shouldGiveTheSameBitsOnAnyStreamsWithSamplesThereOrHere() {
        data.close();
        data = TinyData.evenly(60, CLIENTS);
        TrainerOptions alone = TrainerOptions.builder().device(CUDA).build();
        Outcome first = train(ExecutionMode.SINGLE_THREADED.trainer(clients(), alone));
        for (int workers : new int[] {1, 4, 16}) {
            for (double share : new double[] {0, 0.3}) {
                TrainerOptions options = alone.toBuilder()
                        .numParallels(workers)
                        .deviceDataShare(share)
                        .deviceResultShare(share)
                        .build();
                Outcome other = train(ExecutionMode.MULTI_THREADED.trainer(clients(), options));
                assertThat(other.hashes)
                        .as("workers=%d, share=%s", workers, share)
                        .isEqualTo(first.hashes);
            }
        }
    }

    @Test
    void shouldLeaveNoMemoryOnTheDevice() {
        TrainerOptions options =
                TrainerOptions.builder().device(CUDA).numParallels(4).build();
        requireNothingLeft(20, () -> ExecutionMode.MULTI_THREADED.trainer(clients(), options));
    }

    @Test
    void shouldLeaveNoMemoryOfProcessesOnTheDevice() {
        requireNothingLeft(6, () -> processes(twoWorkersOnOneDevice()));
    }

    /** The first rounds leave what LibTorch and cuBLAS keep in a process. */
    private void requireNothingLeft(
            int cycles, Supplier<ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage>> trainers) {
        long before = 0;
        for (int cycle = 0; cycle < cycles; cycle++) {
            train(trainers.get());
            CudaMemory.release();
            before = cycle == 2 ? DeviceSegment.free(0) : before;
        }
        assertThat(DeviceSegment.free(0)).isGreaterThanOrEqualTo(before);
    }

    private TrainerOptions twoWorkersOnOneDevice() {
        return TrainerOptions.builder()
                .device(Device.parse("cuda:0"))
                .numParallels(2)
                .build();
    }

    @Test
    void shouldKeepResultsAndModelOnOneDevice() {
        requireOnDevice(ExecutionMode.MULTI_THREADED.trainer(clients(), twoWorkersOnOneDevice()));
    }

    /** Workers open the memory of this process. */
    @Test
    void shouldKeepResultsAndModelOfProcessesOnOneDevice() {
        requireOnDevice(processes(twoWorkersOnOneDevice()));
    }

    private void requireOnDevice(ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> opened) {
        List<Boolean> payloads = new ArrayList<>();
        List<Boolean> results = new ArrayList<>();
        try (var handler = new FedAvgServerHandler(
                        SELECTOR, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(2, CLIENTS));
                var trainer = opened) {
            while (!handler.isStopped()) {
                FedAvgDownlinkPackage payload = handler.downlinkPackage();
                payloads.add(payload.parameters().is_cuda());
                trainer.localProcess(payload, handler.sampleClients(), uplink -> {
                    try (uplink) {
                        results.add(uplink.parameters().is_cuda());
                        handler.load(uplink);
                    }
                });
            }
        }
        assertThat(payloads).containsExactly(false, true);
        assertThat(results).hasSize(2 * CLIENTS).containsOnly(true);
    }

    @Test
    void shouldGiveTheSameBitsInProcessesThatShareTheDevicesMemory() {
        TrainerOptions options = twoWorkersOnOneDevice();
        Outcome serial = train(ExecutionMode.SINGLE_THREADED.trainer(
                clients(), options.toBuilder().numParallels(1).build()));
        for (double share : new double[] {0, 0.2}) {
            Outcome other =
                    train(processes(options.toBuilder().deviceResultShare(share).build()));
            assertThat(other.hashes).as("share=%s", share).isEqualTo(serial.hashes);
        }
    }

    /** Its slot may still be written to, and is not used again. */
    @Test
    void shouldGiveTheSameBitsWhenAWorkerIsKilled() {
        TrainerOptions options = twoWorkersOnOneDevice().toBuilder()
                .onClientFailure(FailurePolicy.retry(1))
                .build();
        Outcome undisturbed = train(processes(options));
        assertThat(train(processes(options, "BEFORE_DONE,client=1,attempt=0,do=kill")).hashes)
                .isEqualTo(undisturbed.hashes);
    }

    /** The loss after a round on each of the devices; clients are pulled to the model that they receive. */
    private double proximal(Device... devices) {
        LocalOptions training = LocalOptions.of(new SgdOptions(2, 4, 0.05));
        Federation federation = Federation.of(
                        SELECTOR, Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(devices.length, CLIENTS))
                .local(training)
                .with(Algorithms.fedProx(0.1));
        try (var handler = federation.handler()) {
            for (Device device : devices) {
                TrainerOptions options = TrainerOptions.builder().device(device).build();
                try (var trainer = ExecutionMode.SINGLE_THREADED.trainer(federation.clients(), options)) {
                    var evaluator = federation.clients().fineTunedEvaluator(PartitionType.TRAIN, training);
                    assertThat(trainer.evaluate(handler.downlinkPackage(), List.of(0), evaluator))
                            .hasSize(1);
                    trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), update -> {
                        handler.load(update);
                        trainer.discard(update);
                    });
                }
            }
            return (double) handler.getSummary().get("loss");
        }
    }

    /** The native engine takes addresses, of the pull's end, too. */
    @Test
    void shouldTrainOnTheCpuFromAModelOnADevice() {
        assertThat(proximal(Device.parse("cuda:0"), Device.CPU))
                .isCloseTo(proximal(Device.CPU, Device.CPU), within(1e-3));
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
