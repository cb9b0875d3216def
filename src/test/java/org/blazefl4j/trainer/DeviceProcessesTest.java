package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSlots;
import org.blazefl4j.cuda.ExportedSlots;
import org.blazefl4j.cuda.FakeCuda;
import org.blazefl4j.shm.TensorMemory;
import org.blazefl4j.util.FakeDevices;
import org.blazefl4j.util.LogLines;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Worker processes that share the memory of devices, which are not there, with their parent. */
@Slow
final class DeviceProcessesTest {

    private static final int CLIENTS = 12;
    private static final int ROUNDS = 4;
    private static final IntUnaryOperator ONE = cid -> 0;
    private static final IntUnaryOperator BOTH = cid -> cid % FakeCuda.DEVICES;

    private static final int NOT_SUPPORTED = 801;
    private static final String REFUSAL = "results cross through host memory, with the same bits: IPC between processes"
            + " refused: device=cuda:0, error=1801, expected=0, CUDA error: some error; train in threads, or set"
            + " TrainerOptions.deviceResultShare(0)";

    /** Where the client's process found the tensors, in its package. */
    private static final String PAYLOAD = "payload";

    private static final String BUFFER = "buffer";

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private final TinyData data = TinyData.evenly(3 * CLIENTS, CLIENTS);
    private final List<String> output = new CopyOnWriteArrayList<>();
    private final Map<Integer, Set<Integer>> payloads = new TreeMap<>();
    private final Set<Integer> buffers = new TreeSet<>();
    private final Set<Integer> arrived = new TreeSet<>();

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        data.close();
    }

    /**
     * A client that halves the model and adds its number, in place of training.
     *
     * @param places a file for the place of the client's buffer on a device
     * @param failing a file with the words of the exception by which the client fails once, if it is there
     */
    record Config(int cid, Path places, Path failing) {}

    private static FedAvgUplinkPackage train(Config config, FedAvgDownlinkPackage payload, WorkerContext context)
            throws Exception {
        Tensor result = context.<FedAvgUplinkPackage>uplinkBuffer().parameters();
        FakeCuda.computeIfInstalled(context.device());
        int cid = config.cid();
        if (DeviceSegment.deviceOf(result) >= 0) {
            Files.writeString(
                    config.places(),
                    cid + "@" + place(TensorMemory.address(result)) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        try (PointerScope scope = new PointerScope()) {
            if (Files.exists(config.failing())) {
                String words = Files.readString(config.failing());
                Files.delete(config.failing());
                result.fill_(new Scalar(Double.NaN));
                throw new ArithmeticException(words);
            }
            result.copy_(payload.parameters().mul(new Scalar(0.5)).add_(new Scalar(cid + 0.1)));
        }
        Map<String, Object> found =
                Map.of(PAYLOAD, DeviceSegment.deviceOf(payload.parameters()), BUFFER, DeviceSegment.deviceOf(result));
        return new FedAvgUplinkPackage(cid, result, cid + 1, found);
    }

    /** Returns the inode of the file that lies at an address, and the offset in it: the same in all processes. */
    private static String place(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] parts = line.split(" +");
            String[] range = parts[0].split("-");
            long from = Long.parseUnsignedLong(range[0], 16);
            if (address >= from && address < Long.parseUnsignedLong(range[1], 16)) {
                return parts[4] + "+" + (address - from);
            }
        }
        throw new AssertionError("no memory at " + address);
    }

    /** Checks that the slot of a client's first buffer was given to none after it. */
    private void requireGivenUp(int cid) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("places"));
        String first = lines.stream()
                .filter(line -> line.startsWith(cid + "@"))
                .findFirst()
                .orElseThrow();
        String place = first.substring(first.indexOf('@'));
        assertThat(lines.subList(lines.indexOf(first) + 1, lines.size()))
                .isNotEmpty()
                .noneMatch(line -> line.endsWith(place));
    }

    private class Halving implements ClientAlgorithm<Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        private final long numel;
        private boolean accepts = true;

        Halving(long numel) {
            this.numel = numel;
        }

        @Override
        public Config getClientConfig(int cid) {
            cuda.allowMemory(); // from the first job of a round on
            return new Config(cid, folder.resolve("places"), folder.resolve("failing-" + cid));
        }

        @Override
        public ClientWorker<Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
            return DeviceProcessesTest::train;
        }

        @Override
        public boolean acceptsDeviceTensors() {
            return accepts;
        }

        @Override
        public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
            return new FedAvgUplinkPackage(0, torch.empty(numel), 0, Map.of());
        }
    }

    private FedAvgServerHandler handler() {
        return new FedAvgServerHandler(
                new Tiny.Selector(5), Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS));
    }

    private Halving clients(FedAvgServerHandler handler) {
        return new Halving(handler.downlinkPackage().parameters().numel());
    }

    private static TrainerOptions.Builder options(int workers) {
        return TrainerOptions.builder().numParallels(workers).deviceResultShare(1);
    }

    private ProcessOptions.Builder process(String faults) {
        return ProcessOptions.builder()
                .jvmArguments(FakeDevices.arguments(faults))
                .classDataArchive(false)
                .output((worker, line) -> output.add(line));
    }

    private ProcessPoolClientTrainer<Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> pool(
            Halving clients, TrainerOptions.Builder options, ProcessOptions.Builder process, IntUnaryOperator device) {
        return new ProcessPoolClientTrainer<>(clients, options.build(), process.build()) {
            @Override
            public Device getClientDevice(int cid) {
                return new Device("cuda", device.applyAsInt(cid));
            }
        };
    }

    private ProcessPoolClientTrainer<Config, FedAvgDownlinkPackage, FedAvgUplinkPackage> pool(
            Halving clients, TrainerOptions.Builder options) {
        return pool(clients, options, process(""), ONE);
    }

    private List<String> train(
            FedAvgServerHandler handler,
            ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer,
            int rounds) {
        List<String> hashes = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Set<Integer> there = payloads.computeIfAbsent(round, number -> new TreeSet<>());
            trainer.localProcessInAnyOrder(handler.downlinkPackage(), handler.sampleClients(), uplinks -> {
                handler.loadAll(uplinks);
                for (FedAvgUplinkPackage uplink : uplinks) {
                    there.add((Integer) uplink.metadata().get(PAYLOAD));
                    buffers.add((Integer) uplink.metadata().get(BUFFER));
                    arrived.add(DeviceSegment.deviceOf(uplink.parameters()));
                    uplink.close();
                }
            });
            hashes.add(handler.sha256());
        }
        return hashes;
    }

    /** Returns the hashes of a run on the CPU of this process. */
    private List<String> expected() {
        try (FedAvgServerHandler handler = handler();
                var trainer = new SerialClientTrainer<>(clients(handler), TrainerOptions.defaults())) {
            List<String> hashes = train(handler, trainer, ROUNDS);
            assertThat(hashes).doesNotHaveDuplicates();
            payloads.clear();
            buffers.clear();
            arrived.clear();
            return hashes;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldKeepResultsAndModelOnTheDevice(int workers) {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(workers))) {
            assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected);
        }
        assertThat(payloads)
                .containsExactly(
                        Map.entry(0, Set.of(-1)),
                        Map.entry(1, Set.of(0)),
                        Map.entry(2, Set.of(0)),
                        Map.entry(3, Set.of(0)));
        assertThat(buffers).containsExactly(0);
        assertThat(arrived).containsExactly(0);
        assertThat(cuda.crossings()).isZero();
        assertThat(output).isEmpty();
    }

    /** Workers would read what was in the block before, as they would see if nothing waited. */
    @Test
    void shouldSendTheModelOnceItIsCopied() {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(1).slots(CLIENTS))) {
            assertThat(train(handler, trainer, 1)).isEqualTo(expected.subList(0, 1));
            cuda.forgetWaits();
            assertThat(train(handler, trainer, 1)).isNotEqualTo(expected.subList(1, 2));
        }
    }

    /** Results on several devices are added up on the host, where the model then is. */
    @Test
    void shouldSendTheModelThroughTheHostToClientsOfOtherDevices() {
        List<String> expected = expected();
        AtomicReference<IntUnaryOperator> device = new AtomicReference<>(ONE);
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(
                        clients(handler),
                        options(2),
                        process(""),
                        cid -> device.get().applyAsInt(cid))) {
            List<String> hashes = new ArrayList<>();
            for (IntUnaryOperator next : List.of(ONE, ONE, BOTH, cid -> 1)) {
                device.set(next);
                hashes.addAll(train(handler, trainer, 1));
                payloads.put(hashes.size(), payloads.remove(0));
            }
            assertThat(hashes).isEqualTo(expected);
        }
        assertThat(payloads)
                .containsExactly(
                        Map.entry(1, Set.of(-1)),
                        Map.entry(2, Set.of(0)),
                        Map.entry(3, Set.of(-1)),
                        Map.entry(4, Set.of(-1)));
        assertThat(arrived).containsExactly(0, 1);
    }

    @Test
    void shouldSendTheModelThroughTheHostIfTheDeviceHasNoMemory() {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines("org.blazefl4j.process.PayloadBlocks");
                var trainer = pool(clients(handler), options(2).slots(3))) {
            List<String> hashes = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                hashes.addAll(train(handler, trainer, 1));
                payloads.put(round + 1, payloads.remove(0));
                cuda.refuseMemory(); // to the next round's model
            }
            assertThat(hashes).isEqualTo(expected.subList(0, 3));
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("model crosses through host memory, with the same bits: device memory: for=models, ");
        }
        assertThat(payloads.values()).containsOnly(Set.of(-1));
        assertThat(arrived).containsExactly(0);
    }

    @Test
    void shouldEvaluateOnTheDevice() {
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(2))) {
            train(handler, trainer, 1);
            try (Tensor mean = handler.downlinkPackage().parameters().mean()) {
                assertThat(trainer.evaluate(handler.downlinkPackage(), List.of(3, 5, 7), DeviceProcessesTest::evaluate))
                        .containsOnly(List.of(0, mean.item_float()));
            }
        }
    }

    private static List<Object> evaluate(Config config, FedAvgDownlinkPackage payload, WorkerContext context) {
        try (Tensor mean = payload.parameters().mean()) {
            return List.of(DeviceSegment.deviceOf(payload.parameters()), mean.item_float());
        }
    }

    /** Slots are fewer than clients. The other tests would not see it if bits did not depend on who waits. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldUseSlotsAgainOnlyOnceTheyWereRead(boolean waits) {
        List<String> expected = expected();
        if (!waits) {
            cuda.forgetWaits();
        }
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(1).slots(3))) {
            List<String> hashes = train(handler, trainer, 1);
            if (waits) {
                assertThat(hashes).isEqualTo(expected.subList(0, 1));
            } else {
                assertThat(hashes).isNotEqualTo(expected.subList(0, 1));
            }
        }
        assertThat(arrived).containsExactly(0);
    }

    @Test
    void shouldGiveTheSameBitsOnSeveralDevices() {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(2), process(""), BOTH)) {
            assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected);
        }
        assertThat(arrived).containsExactly(0, 1);
        assertThat(payloads.values()).containsOnly(Set.of(-1));
    }

    /** The killed worker had the slot; what it has queued might go on. */
    @ParameterizedTest
    @ValueSource(strings = {"TRAINING", "BEFORE_DONE"})
    void shouldTrainTheClientOfAKilledWorkerAgain(String point) throws Exception {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(
                        clients(handler),
                        options(2).slots(3).onClientFailure(FailurePolicy.retry(1)),
                        process(point + ",client=5,attempt=0,do=kill"),
                        ONE)) {
            assertThat(train(handler, trainer, 2)).isEqualTo(expected.subList(0, 2));
            assertThat(trainer.retried())
                    .singleElement()
                    .satisfies(retried -> assertThat(retried.clientId()).isEqualTo(5));
        }
        assertThat(arrived).containsExactly(0);
        if (point.equals("BEFORE_DONE")) {
            requireGivenUp(5);
        }
    }

    private void failOnce(int cid, String words) throws IOException {
        Files.writeString(folder.resolve("failing-" + cid), words);
    }

    /** It ends without closing what it has open, and its client's slot is not used again. */
    @Test
    void shouldReplaceAWorkerThatLostItsContext() throws Exception {
        List<String> expected = expected();
        failOnce(5, "CUDA error: an illegal memory access was encountered");
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(1).slots(3).onClientFailure(FailurePolicy.retry(1)))) {
            long pid = trainer.workerPids().get(0);
            assertThat(train(handler, trainer, 2)).isEqualTo(expected.subList(0, 2));
            assertThat(trainer.workerPids().get(0)).isNotEqualTo(pid);
        }
        assertThat(output)
                .containsExactly("CUDA context lost: error=700 (an illegal memory access was encountered); this worker"
                        + " ends and is replaced");
        assertThat(arrived).containsExactly(0);
        requireGivenUp(5);
    }

    /** A slot of a client that failed has NaNs when it is used again. */
    @Test
    void shouldUseSlotsOfClientsThatFailedAgain() throws Exception {
        List<String> expected = expected();
        for (int cid : List.of(1, 4, 7, 11)) {
            failOnce(cid, "no number");
        }
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(2).slots(3).onClientFailure(FailurePolicy.retry(1)))) {
            assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected);
        }
        assertThat(folder).isDirectoryNotContaining("glob:**failing-*");
        assertThat(arrived).containsExactly(0);
    }

    @Test
    void shouldFreeAllWhenAClientEndsTheRound() throws Exception {
        failOnce(4, "no number");
        try (FedAvgServerHandler handler = handler();
                var trainer = pool(clients(handler), options(2))) {
            assertThatThrownBy(() -> train(handler, trainer, 1))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=4");
        }
    }

    private void requireHost(Halving clients, FedAvgServerHandler handler, TrainerOptions.Builder options) {
        List<String> expected = expected();
        try (var trainer = pool(clients, options)) {
            assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected);
        }
        assertThat(buffers).containsExactly(-1);
        assertThat(arrived).containsExactly(-1);
    }

    @Test
    void shouldSendResultsThroughTheHostIfDevicesMayTakeNone() {
        try (FedAvgServerHandler handler = handler()) {
            requireHost(clients(handler), handler, options(2).deviceResultShare(0));
        }
    }

    @Test
    void shouldSendResultsOfAlgorithmsThatNeedThemThroughTheHost() {
        try (FedAvgServerHandler handler = handler()) {
            Halving clients = clients(handler);
            clients.accepts = false;
            requireHost(clients, handler, options(2));
        }
    }

    @Test
    void shouldSendResultsThatDoNotFitThroughTheHostAndSaySoOnce() {
        cuda.limit(1_000_000);
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines(DeviceSlots.class)) {
            requireHost(clients(handler), handler, options(2).deviceResultShare(0.5));
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("results stay in host memory: device=cuda:0, need=2097152, free=1000000,")
                    .contains("; they are copied to page-locked memory, with the same bits: ");
        }
    }

    @Test
    void shouldSendResultsThroughTheHostIfMemoryCannotBeExportedAndSaySoOnce() {
        cuda.failAt("cudaIpcGetMemHandle", 1, NOT_SUPPORTED);
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines(ExportedSlots.class)) {
            requireHost(clients(handler), handler, options(2));
            assertThat(log.lines()).containsExactly(REFUSAL);
        }
    }

    /** In each worker the first call fails. */
    @Test
    void shouldSendResultsThroughTheHostIfMemoryCannotBeOpenedAndSaySoOnce() {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines(ExportedSlots.class);
                var trainer = pool(
                        clients(handler),
                        options(2).slots(3),
                        process("").environment(Map.of("FAKE_CUDA_FAIL", "cudaIpcOpenMemHandle:1:" + NOT_SUPPORTED)),
                        ONE)) {
            trainer.awaitReady();
            assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected);
            assertThat(log.lines()).containsExactly(REFUSAL);
        }
        assertThat(buffers).contains(-1);
    }

    /** A worker that opened results' memory is thought to open the model's, too, until it could not. */
    @Test
    void shouldSendTheModelThroughTheHostOnceItsMemoryCouldNotBeOpened() {
        List<String> expected = expected();
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines(ExportedSlots.class);
                var trainer = pool(
                        clients(handler),
                        options(1).slots(3).onClientFailure(FailurePolicy.retry(1)),
                        process("").environment(Map.of("FAKE_CUDA_FAIL", "cudaIpcOpenMemHandle:2:" + NOT_SUPPORTED)),
                        ONE)) {
            assertThat(train(handler, trainer, 2)).isEqualTo(expected.subList(0, 2));
            assertThat(log.lines()).containsExactly(REFUSAL);
            assertThat(trainer.retried()).isNotEmpty();
            payloads.clear();
            assertThat(train(handler, trainer, 2)).isEqualTo(expected.subList(2, 4));
            assertThat(log.lines()).containsExactly(REFUSAL);
        }
        assertThat(payloads.values()).containsOnly(Set.of(-1));
    }

    /** Packages that the caller keeps hold their slots; more of them go through the host, and both are summed. */
    @Test
    void shouldKeepWhatIsNotClosed() {
        String expected = expected().get(0);
        List<FedAvgUplinkPackage> kept = new ArrayList<>();
        try (FedAvgServerHandler handler = handler()) {
            try (var trainer = pool(clients(handler), options(2).slots(3))) {
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                    handler.load(uplink);
                    arrived.add(DeviceSegment.deviceOf(uplink.parameters()));
                    kept.add(uplink);
                });
            }
            assertThat(handler.sha256()).isEqualTo(expected);
        }
        assertThat(arrived).containsExactly(-1, 0);
        assertThat(cuda.leaked()).isNotEqualTo("nothing");
        kept.forEach(FedAvgUplinkPackage::close);
    }

    @Test
    void shouldLeaveNothingOnDevices() {
        try (FedAvgServerHandler handler = handler()) {
            for (int cycle = 0; cycle < 5; cycle++) {
                try (var trainer = pool(clients(handler), options(1))) {
                    train(handler, trainer, 1);
                }
            }
        }
        assertThat(cuda.leaked()).isEqualTo("nothing");
    }
}
