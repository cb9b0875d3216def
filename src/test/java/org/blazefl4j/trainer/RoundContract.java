package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.PoolClients.first;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.blazefl4j.core.Device;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/**
 * Rounds in every execution mode in which only arguments are wrong. Clients can cross to worker processes, and signal
 * by files.
 */
abstract class RoundContract extends TrainerFixture {

    RoundContract(ExecutionMode mode) {
        super(mode);
    }

    @Test
    void shouldStreamInTheOrderOfTheListOnTheCallingThread() {
        List<Integer> cids = List.of(7, 2, 9, 0, 4, 5, 1, 3, 8, 6);
        List<Integer> taken = new ArrayList<>();
        List<Double> numbers = new ArrayList<>();
        Thread caller = Thread.currentThread();
        try (var trainer = open(Clients.adding())) {
            trainer.localProcess(down, cids, uplink -> {
                assertThat(Thread.currentThread()).isSameAs(caller);
                taken.add(uplink.cid());
                numbers.add(uplink.number());
                uplink.close();
            });
            assertThat(trainer.uplinkPackage()).isEmpty();
        }

        assertThat(taken).isEqualTo(cids);
        assertThat(numbers).containsExactly(107., 102., 109., 100., 104., 105., 101., 103., 108., 106.);
    }

    @Test
    void shouldCollectInTheOrderOfTheListAndGiveItOnce() {
        try (var trainer = open(Clients.adding())) {
            trainer.localProcess(down, List.of(3, 1, 2));

            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(3, 1, 2);
            List<Up> uplinks = trainer.uplinkPackage();
            assertThat(uplinks).extracting(Up::number).containsExactly(103., 101., 102.);
            assertThat(trainer.cache()).isEmpty();
            assertThat(trainer.uplinkPackage()).isEmpty();
            uplinks.forEach(Up::close);
        }
    }

    @Test
    void shouldCloseUntakenPackagesWhenTheNextRoundStartsAndAtTheEnd() {
        List<Up> first;
        List<Up> second;
        try (var trainer = open(Clients.adding(), ONE)) {
            trainer.localProcess(down, List.of(1, 2));
            first = trainer.cache();
            trainer.localProcess(down, List.of(3));
            second = trainer.cache();

            assertThat(first).allMatch(uplink -> uplink.value().isNull());
            assertThat(second).extracting(Up::cid).containsExactly(3);
            assertThat(second).noneMatch(uplink -> uplink.value().isNull());
        }
        assertThat(second).allMatch(uplink -> uplink.value().isNull());
    }

    @Test
    void shouldDoNothingForAnEmptyList() {
        try (var trainer = open(Clients.adding(), ONE)) {
            trainer.localProcess(down, List.of());
            trainer.localProcess(down, List.of(), uplink -> assertThat(uplink).isNull());

            assertThat(trainer.uplinkPackage()).isEmpty();
            assertThat(trainer.round()).isEqualTo(2);
        }
    }

    @Test
    void shouldTrainManyMoreClientsThanWorkers() {
        try (var trainer = open(Clients.adding())) {
            for (int round = 0; round < 3; round++) {
                List<Integer> taken = new ArrayList<>();
                trainer.localProcess(down, ids(500), uplink -> {
                    taken.add(uplink.cid());
                    uplink.close();
                });
                assertThat(taken).isEqualTo(ids(500));
            }
        }
    }

    @Test
    void shouldRefuseWrongArgumentsAtTheCall() {
        try (var trainer = open(Clients.adding(), ONE)) {
            assertThatThrownBy(() -> trainer.localProcess(null, List.of(1)))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("payload");
            assertThatThrownBy(() -> trainer.localProcess(down, null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("cids");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1), null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("sink");
            assertThatThrownBy(() -> trainer.localProcess(down, Arrays.asList(1, null)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("client id out of range: client=null, limit=0 or more; ids are not negative");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0, -3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("client id out of range: client=-3, limit=0 or more; ids are not negative");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(4, 5, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("client listed twice: client=4, expected=each client once; remove the repetition");
            assertThat(trainer.round()).isZero();
        }
    }

    @Test
    void shouldRefuseARoundWithinARound() {
        try (var trainer = open(Clients.adding(), ONE)) {
            trainer.localProcess(down, List.of(1), uplink -> {
                uplink.close();
                assertThatThrownBy(() -> trainer.localProcess(down, List.of(2)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("a round is running: round=1, expected=one call at a time; this is called from its"
                                + " own sink or listener; wait until it returns, or use a second trainer");
                assertThatThrownBy(() -> trainer.startAtRound(5)).hasMessageStartingWith("a round is running: round=1");
                assertThatThrownBy(() -> trainer.share("data", down.value()))
                        .hasMessageStartingWith("a round is running: round=1");
            });
            assertThat(trainer.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseARoundBesideARound() {
        try (var trainer = open(Clients.adding(), ONE)) {
            AtomicReference<Throwable> refusal = new AtomicReference<>();
            trainer.localProcess(down, List.of(1), uplink -> {
                uplink.close();
                Thread other = new Thread(() -> {
                    try {
                        trainer.localProcess(down, List.of(2));
                    } catch (Throwable failure) {
                        refusal.set(failure);
                    }
                });
                other.start();
                StopTest.join(other);
            });
            assertThat(refusal.get())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a round is running: round=1, expected=one call at a time; thread="
                            + Thread.currentThread().getName()
                            + " is in localProcess; wait until it returns, or use a second trainer");
        }
    }

    @Test
    void shouldCountRoundsAndStartAtAnother() {
        List<Integer> rounds = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) ->
                new Up(cid, torch.full(new long[] {1}, new Scalar((double) context.round()))));
        try (var trainer = open(clients, ONE)) {
            assertThat(trainer.round()).isZero();
            take(trainer, rounds);
            take(trainer, rounds);
            trainer.startAtRound(9);
            take(trainer, rounds);

            assertThat(rounds).containsExactly(0, 1, 9);
            assertThat(trainer.round()).isEqualTo(10);
            assertThatThrownBy(() -> trainer.startAtRound(-1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no such round: number=-1, limit=0 to 2147483646; startAtRound(0) is the first round");
        }
    }

    private void take(AbstractClientTrainer<Integer, Down, Up> trainer, List<Integer> rounds) {
        trainer.localProcess(down, List.of(1), uplink -> {
            rounds.add((int) uplink.number());
            uplink.close();
        });
    }

    @Test
    void shouldRefuseARoundThatNoRoundCouldFollow() {
        try (var trainer = open(Clients.adding(), ONE)) {
            assertThatThrownBy(() -> trainer.startAtRound(Integer.MAX_VALUE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "no such round: number=2147483647, limit=0 to 2147483646; startAtRound(0) is the first round");
            trainer.startAtRound(Integer.MAX_VALUE - 1);
            trainer.localProcess(down, List.of(1), Up::close);
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(1), Up::close))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no round left: round=2147483648, limit=2147483647; start again with startAtRound(0)");
            trainer.startAtRound(0);
            trainer.localProcess(down, List.of(1), Up::close);
            assertThat(trainer.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldPassJobsThroughProgressFnAsTheyAreHandedOver() {
        List<String> events = new ArrayList<>();
        try (var trainer = open(Clients.adding(), TWO, jobs -> {
            events.add("jobs " + jobs);
            return () -> jobs.stream().peek(job -> events.add("next " + job)).iterator();
        })) {
            trainer.localProcess(down, List.of(5, 6), uplink -> {
                events.add("sink " + uplink.cid());
                uplink.close();
            });
        }

        assertThat(events).containsExactly("jobs [5, 6]", "next 5", "sink 5", "next 6", "sink 6");
    }

    @Test
    void shouldRefuseAProgressFnThatChangesTheJobs() {
        AtomicReference<List<Integer>> changed = new AtomicReference<>();
        try (var trainer = open(Clients.adding(), ONE, jobs -> changed.get())) {
            changed.set(List.of(6, 5));
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(5, 6)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("progressFn changed the jobs: position=0, client=6, expected=5; it must return all jobs"
                            + " in order");
            changed.set(List.of(5));
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(5, 6)))
                    .hasMessageStartingWith("progressFn changed the jobs: position=1, client=null, expected=6");
            changed.set(List.of(5, 6, 7));
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(5, 6)))
                    .hasMessageStartingWith("progressFn changed the jobs: position=2, client=7, expected=null");
        }
    }

    @Test
    void shouldConvertEachPackageBeforeItIsHandedOver() {
        List<Integer> converted = new ArrayList<>();
        var clients = new ConvertingClients(converted);
        try (var trainer = open(clients, ONE)) {
            trainer.localProcess(down, List.of(2, 1));

            assertThat(converted).containsExactly(2, 1);
            List<Up> uplinks = trainer.uplinkPackage();
            assertThat(uplinks).extracting(Up::cid).containsExactly(1002, 1001);
            uplinks.forEach(Up::close);
        }
    }

    @Test
    void shouldOrderByDataSizeThenId() {
        try (var trainer = open(Clients.adding(), ONE)) {
            assertThat(trainer.order(List.of(0, 1, 2, 3, 4, 5, 6, 7))).containsExactly(2, 5, 1, 4, 7, 0, 3, 6);
            assertThat(trainer.order(List.of(7, 5, 3, 2))).containsExactly(2, 5, 7, 3);
            assertThat(trainer.order(List.of())).isEmpty();
        }
    }

    @Test
    void shouldSpreadClientsOverCudaDevices() {
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda"))
                .deviceCount(3)
                .numParallels(1)
                .build();
        try (var trainer = open(Clients.adding(), options)) {
            assertThat(trainer.device()).isEqualTo(Device.parse("cuda"));
            assertThat(trainer.deviceCount()).isEqualTo(3);
            assertThat(trainer.workerSettings().devices()).containsExactly(0, 1, 2);
            assertThat(ids(5))
                    .map(trainer::getClientDevice)
                    .map(Device::toString)
                    .containsExactly("cuda:0", "cuda:1", "cuda:2", "cuda:0", "cuda:1");
        }
    }

    @Test
    void shouldGiveEachClientItsDevice() {
        Clients clients =
                new Clients((cid, payload, context) -> new Up(cid, torch.full(new long[] {1}, new Scalar((double)
                        context.device().index()))));
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda"))
                .deviceCount(2)
                .numParallels(2)
                .build();
        List<Double> devices = new ArrayList<>();
        try (var trainer = open(clients, options)) {
            trainer.localProcess(down, ids(5), uplink -> {
                devices.add(uplink.number());
                uplink.close();
            });
        }
        assertThat(devices).containsExactly(0., 1., 0., 1., 0.);
    }

    /** Workers refuse a round in which their settings are not the parent's. */
    @Test
    void shouldComputeWithoutTf32OnCudaAlone() {
        Clients clients = new Clients((cid, payload, context) -> {
            NumericEnvironment here = NumericEnvironment.capture();
            boolean exact = here.cudaConvPrecision().equals("IEEE")
                    && here.cudaRnnPrecision().equals("IEEE");
            boolean fast = here.deterministicAlgorithms() && !here.fillUninitializedMemory();
            return new Up(cid, torch.full(new long[] {1}, new Scalar(exact && fast ? 1. : 0.)));
        });
        NumericEnvironment before = NumericEnvironment.capture();
        for (Device device : List.of(Device.parse("cuda"), Device.CPU)) {
            TrainerOptions options = TrainerOptions.builder()
                    .device(device)
                    .deviceCount(1)
                    .numParallels(1)
                    .build();
            try (var trainer = open(clients, options)) {
                trainer.localProcess(down, ids(2), uplink -> {
                    assertThat(uplink.number()).isEqualTo(device.isCpu() ? 0. : 1.);
                    uplink.close();
                });
            }
            assertThat(before.differences(NumericEnvironment.capture())).isEmpty();
        }
    }

    @Test
    void shouldKeepANamedDeviceForAllClients() {
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda:1"))
                .deviceCount(2)
                .numParallels(1)
                .build();
        try (var trainer = open(Clients.adding(), options)) {
            assertThat(ids(3))
                    .map(trainer::getClientDevice)
                    .map(Device::toString)
                    .containsOnly("cuda:1");
            assertThat(trainer.workerSettings().devices()).containsExactly(1);
        }
        try (var trainer = open(Clients.adding(), TrainerOptions.defaults())) {
            assertThat(trainer.workerSettings().devices()).isEmpty();
            assertThat(trainer.deviceCount()).isZero();
        }
    }

    @Test
    void shouldSayWhatWasFoundIfThereIsNoSuchDevice() {
        TrainerOptions.Builder builder = TrainerOptions.builder().device(Device.parse("cuda:2"));

        assertThatThrownBy(() -> open(Clients.adding(), builder.deviceCount(2).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such CUDA device: device=cuda:2, limit=2 devices; found:"
                        + " TrainerOptions.deviceCount=2; choose another device, such as cpu");
        assertThatThrownBy(() -> open(
                        Clients.adding(),
                        TrainerOptions.builder()
                                .device(Device.parse("cuda"))
                                .deviceCount(0)
                                .build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no such CUDA device: device=cuda, limit=0 devices; found:");
    }

    @Test
    void shouldShareTensorsByName() {
        Clients clients = new Clients((cid, payload, context) -> {
            Tensor shared = context.shared("data");
            return new Up(cid, shared.add(payload.value()));
        });
        try (var trainer = open(clients)) {
            try (Tensor data = torch.full(new long[] {1}, new Scalar(5))) {
                trainer.share("data", data);
            }
            List<Double> numbers = new ArrayList<>();
            for (int round = 0; round < 2; round++) {
                trainer.localProcess(down, ids(4), uplink -> {
                    numbers.add(uplink.number());
                    uplink.close();
                });
            }
            assertThat(numbers).hasSize(8).containsOnly(105.);
        }
    }

    @Test
    void shouldRefuseToShareWhatCannotBeShared() {
        try (var trainer = open(Clients.adding(), ONE);
                Tensor undefined = new Tensor()) {
            trainer.share("data", down.value());

            assertThatThrownBy(() -> trainer.share("data", down.value()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("name is taken: name=data, expected=one tensor per name; choose another name");
            assertThatThrownBy(() -> trainer.share(" ", down.value()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("name is blank: name= ; give the shared tensor a name");
            assertThatThrownBy(() -> trainer.share("none", null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("tensor is undefined: name=none");
            assertThatThrownBy(() -> trainer.share("none", undefined))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("tensor is undefined: name=none");
        }
    }
}
