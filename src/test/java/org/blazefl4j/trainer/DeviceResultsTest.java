package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntUnaryOperator;
import org.blazefl4j.contrib.common.MemoryCheckpoint;
import org.blazefl4j.contrib.common.ServerOptions;
import org.blazefl4j.contrib.common.Tiny;
import org.blazefl4j.contrib.common.TinyData;
import org.blazefl4j.contrib.fedavg.FedAvgDownlinkPackage;
import org.blazefl4j.contrib.fedavg.FedAvgServerHandler;
import org.blazefl4j.contrib.fedavg.FedAvgUplinkPackage;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.cuda.DeviceSegment;
import org.blazefl4j.cuda.DeviceSlots;
import org.blazefl4j.cuda.FakeCuda;
import org.blazefl4j.util.LogLines;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rounds whose clients are on devices that are not there: results, sum and model stay there. */
final class DeviceResultsTest {

    private static final int CLIENTS = 12;
    private static final int ROUNDS = 4;
    private static final IntUnaryOperator ONE = cid -> 0;
    private static final IntUnaryOperator BOTH = cid -> cid % FakeCuda.DEVICES;

    @RegisterExtension
    final FakeCuda cuda = new FakeCuda();

    private final TinyData data = TinyData.evenly(3 * CLIENTS, CLIENTS);

    @AfterEach
    void close() {
        data.close();
    }

    /** Clients that halve the model and add their number, in place of training, and note where tensors lie. */
    private final class Halving implements ClientAlgorithm<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> {

        private final long numel;
        private final Set<Integer> failing = ConcurrentHashMap.newKeySet();
        private final Map<Integer, Set<Integer>> payloads = new ConcurrentHashMap<>();
        private final Set<Integer> results = ConcurrentHashMap.newKeySet();
        private boolean accepts = true;

        Halving(long numel) {
            this.numel = numel;
        }

        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, FedAvgDownlinkPackage, FedAvgUplinkPackage> worker() {
            return this::train;
        }

        @Override
        public boolean acceptsDeviceTensors() {
            return accepts;
        }

        @Override
        public FedAvgUplinkPackage prepareUplinkPackageBuffer() {
            return new FedAvgUplinkPackage(0, torch.empty(numel), 0, Map.of());
        }

        private FedAvgUplinkPackage train(int cid, FedAvgDownlinkPackage payload, WorkerContext context) {
            Tensor result = context.<FedAvgUplinkPackage>uplinkBuffer().parameters();
            if (!context.device().isCpu()) {
                cuda.compute(context.device().index());
            }
            payloads.computeIfAbsent(context.round(), round -> ConcurrentHashMap.newKeySet())
                    .add(DeviceSegment.deviceOf(payload.parameters()));
            results.add(DeviceSegment.deviceOf(result));
            try (PointerScope scope = new PointerScope()) {
                if (failing.remove(cid)) {
                    result.fill_(new Scalar(Double.NaN));
                    throw new ArithmeticException("client " + cid);
                }
                result.copy_(payload.parameters().mul(new Scalar(0.5)).add_(new Scalar(cid + 0.1)));
            }
            return new FedAvgUplinkPackage(cid, result, cid + 1, Map.of());
        }
    }

    private FedAvgServerHandler handler() {
        return new FedAvgServerHandler(
                new Tiny.Selector(5), Tiny.CONVOLUTION, data.partitions(), ServerOptions.of(ROUNDS, CLIENTS));
    }

    private static long numel(FedAvgServerHandler handler) {
        return handler.downlinkPackage().parameters().numel();
    }

    private static TrainerOptions.Builder options(int workers) {
        return TrainerOptions.builder().numParallels(workers).deviceResultShare(1);
    }

    private static ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer(
            Halving clients, TrainerOptions.Builder options, IntUnaryOperator device) {
        TrainerOptions built = options.build();
        if (built.numParallels() == 1) {
            return new SerialClientTrainer<>(clients, built) {
                @Override
                public Device getClientDevice(int cid) {
                    return new Device("cuda", device.applyAsInt(cid));
                }
            };
        }
        return new ThreadPoolClientTrainer<>(clients, built) {
            @Override
            public Device getClientDevice(int cid) {
                return new Device("cuda", device.applyAsInt(cid));
            }
        };
    }

    private static List<String> train(
            FedAvgServerHandler handler,
            ClientTrainer<FedAvgDownlinkPackage, FedAvgUplinkPackage> trainer,
            int rounds) {
        List<String> hashes = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            trainer.localProcessInAnyOrder(handler.downlinkPackage(), handler.sampleClients(), uplinks -> {
                handler.loadAll(uplinks);
                uplinks.forEach(FedAvgUplinkPackage::close);
            });
            hashes.add(handler.sha256());
        }
        return hashes;
    }

    /** Returns the hashes of a run on the CPU. */
    private List<String> expected() {
        try (FedAvgServerHandler handler = handler();
                var trainer = new SerialClientTrainer<>(new Halving(numel(handler)), TrainerOptions.defaults())) {
            return train(handler, trainer, ROUNDS);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void shouldKeepAllOnOneDevice(int workers) {
        List<String> expected = expected();
        assertThat(expected).doesNotHaveDuplicates();
        try (FedAvgServerHandler handler = handler()) {
            Halving clients = new Halving(numel(handler));
            try (var trainer = trainer(clients, options(workers), ONE)) {
                assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected);
            }
            assertThat(clients.results).containsExactly(0);
            assertThat(clients.payloads)
                    .containsExactly(
                            Map.entry(0, Set.of(-1)),
                            Map.entry(1, Set.of(0)),
                            Map.entry(2, Set.of(0)),
                            Map.entry(3, Set.of(0)));
        }
    }

    /** The other tests would not see it if bits did not depend on who waits. */
    @Test
    void shouldShowIfSlotsWaitForNothing() {
        cuda.forgetWaits();
        try (FedAvgServerHandler handler = handler();
                var trainer = trainer(new Halving(numel(handler)), options(1), ONE)) {
            assertThat(train(handler, trainer, 1)).isNotEqualTo(expected().subList(0, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void shouldGiveTheSameBitsOnSeveralDevices(int workers) {
        try (FedAvgServerHandler handler = handler()) {
            Halving clients = new Halving(numel(handler));
            try (var trainer = trainer(clients, options(workers), BOTH)) {
                assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected());
            }
            assertThat(clients.results).containsExactlyInAnyOrder(0, 1);
            assertThat(clients.payloads.values()).containsOnly(Set.of(-1));
        }
    }

    /** A slot of a client that failed has NaNs when it is used again. */
    @Test
    void shouldUseSlotsOfClientsThatFailedAgain() {
        try (FedAvgServerHandler handler = handler()) {
            Halving clients = new Halving(numel(handler));
            clients.failing.addAll(List.of(1, 4, 7, 11));
            try (var trainer = trainer(clients, options(3).onClientFailure(FailurePolicy.retry(1)), ONE)) {
                assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected());
            }
            assertThat(clients.failing).isEmpty();
        }
    }

    @Test
    void shouldResumeWithTheSameBits() {
        List<String> expected = expected();
        MemoryCheckpoint saved = new MemoryCheckpoint();
        try (FedAvgServerHandler handler = handler();
                var trainer = trainer(new Halving(numel(handler)), options(2), ONE)) {
            train(handler, trainer, 2);
            handler.save(saved);
        }
        try (FedAvgServerHandler handler = handler();
                var trainer = trainer(new Halving(numel(handler)), options(2), ONE)) {
            handler.restore(saved);
            assertThat(train(handler, trainer, 2)).isEqualTo(expected.subList(2, ROUNDS));
        }
    }

    @Test
    void shouldCopyResultsThatDoNotFitAndSaySoOnce() {
        cuda.limit(1_000_000);
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines(DeviceSlots.class)) {
            Halving clients = new Halving(numel(handler));
            try (var trainer = trainer(clients, options(2).deviceResultShare(0.5), ONE)) {
                assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected());
            }
            assertThat(clients.results).containsExactly(-1);
            assertThat(log.lines())
                    .containsExactly("results stay in host memory: device=cuda:0, need=2097152, free=1000000,"
                            + " limit=500000, since deviceResultShare=0.5 of what is free; they are copied to"
                            + " page-locked memory, with the same bits: raise the share, or use fewer workers");
        }
    }

    @Test
    void shouldCopyResultsIfTheDeviceRefusesMemory() {
        cuda.refuseMemory();
        try (FedAvgServerHandler handler = handler();
                LogLines log = new LogLines(DeviceSlots.class)) {
            Halving clients = new Halving(numel(handler));
            try (var trainer = trainer(clients, options(2), ONE)) {
                assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected());
            }
            assertThat(clients.results).containsExactly(-1);
            assertThat(log.lines()).singleElement().asString().contains("limit=what is free in one piece");
        }
    }

    @Test
    void shouldCopyResultsOfAlgorithmsThatNeedThem() {
        try (FedAvgServerHandler handler = handler()) {
            Halving clients = new Halving(numel(handler));
            clients.accepts = false;
            try (var trainer = trainer(clients, options(2), ONE)) {
                assertThat(train(handler, trainer, ROUNDS)).isEqualTo(expected());
            }
            assertThat(clients.results).containsExactly(-1);
        }
    }

    @Test
    void shouldLockThePagesOfLargeResultsOnTheHost() {
        Halving clients = new Halving(300_000);
        clients.accepts = false;
        try (Tensor model = torch.ones(300_000);
                var trainer = trainer(clients, options(2), ONE)) {
            trainer.localProcess(new FedAvgDownlinkPackage(model), List.of(0, 1, 2), uplink -> {
                try (uplink) {
                    assertThat(cuda.leaked()).contains("registrations").doesNotContain("0 registrations, before");
                }
            });
        }
    }

    /** Packages that the caller keeps hold their slots; more of them are on the CPU, and both are summed. */
    @Test
    void shouldKeepWhatIsNotClosed() {
        List<FedAvgUplinkPackage> kept = new ArrayList<>();
        Halving clients;
        try (FedAvgServerHandler handler = handler()) {
            clients = new Halving(numel(handler));
            try (var trainer = trainer(clients, options(2).slots(3), ONE)) {
                trainer.localProcess(handler.downlinkPackage(), handler.sampleClients(), uplink -> {
                    handler.load(uplink);
                    kept.add(uplink);
                });
            }
            assertThat(handler.sha256()).isEqualTo(expected().get(0));
        }
        assertThat(clients.results).containsExactlyInAnyOrder(-1, 0);
        assertThat(cuda.leaked()).isNotEqualTo("nothing");
        kept.forEach(FedAvgUplinkPackage::close);
    }
}
