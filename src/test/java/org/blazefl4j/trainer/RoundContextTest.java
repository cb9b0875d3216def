package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.blazefl4j.core.Device;
import org.blazefl4j.core.IdleCores;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rounds in which nothing goes wrong but the arguments. */
final class RoundContextTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    @ParameterizedTest
    @EnumSource
    void shouldStreamInTheOrderOfTheListOnTheCallingThread(Mode mode) {
        List<Integer> cids = List.of(7, 2, 9, 0, 4, 5, 1, 3, 8, 6);
        List<Integer> taken = new ArrayList<>();
        List<Double> numbers = new ArrayList<>();
        Thread caller = Thread.currentThread();
        try (var trainer = mode.trainer(Clients.adding())) {
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

    @ParameterizedTest
    @EnumSource
    void shouldSayHowManyCoresItsWorkersKeepBusy(Mode mode) {
        int all = Runtime.getRuntime().availableProcessors();
        List<Integer> idle = new ArrayList<>();
        try (var trainer = mode.trainer(Clients.adding())) {
            trainer.localProcess(down, List.of(1), uplink -> {
                idle.add(IdleCores.count());
                uplink.close();
            });
        }
        assertThat(idle).containsExactly(mode == Mode.SERIAL ? all : Math.max(1, all - 1));
        assertThat(IdleCores.count()).isEqualTo(all);
    }

    @ParameterizedTest
    @EnumSource
    void shouldCollectInTheOrderOfTheListAndGiveItOnce(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
            trainer.localProcess(down, List.of(3, 1, 2));

            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(3, 1, 2);
            List<Up> uplinks = trainer.uplinkPackage();
            assertThat(uplinks).extracting(Up::number).containsExactly(103., 101., 102.);
            assertThat(trainer.cache()).isEmpty();
            assertThat(trainer.uplinkPackage()).isEmpty();
            uplinks.forEach(Up::close);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseCollectedPackagesThatNobodyTookWhenTheNextRoundStartsAndAtTheEnd(Mode mode) {
        List<Up> first;
        List<Up> second;
        try (var trainer = mode.trainer(Clients.adding())) {
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

    @ParameterizedTest
    @EnumSource
    void shouldDoNothingForAnEmptyList(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
            trainer.localProcess(down, List.of());
            trainer.localProcess(down, List.of(), uplink -> assertThat(uplink).isNull());

            assertThat(trainer.uplinkPackage()).isEmpty();
            assertThat(trainer.round()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTrainManyMoreClientsThanWorkers(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
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

    @ParameterizedTest
    @EnumSource
    void shouldRefuseWrongArgumentsAtTheCall(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
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
                    .hasMessage("client id out of range: client=null, limit=0; ids are not negative");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(0, -3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("client id out of range: client=-3, limit=0; ids are not negative");
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(4, 5, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("client listed twice: client=4, limit=once a round; remove the repetition");
            assertThat(trainer.round()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseARoundWithinARound(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
            trainer.localProcess(down, List.of(1), uplink -> {
                uplink.close();
                assertThatThrownBy(() -> trainer.localProcess(down, List.of(2)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("a round is running: round=1, limit=one at a time; this is called from its"
                                + " own sink or listener; wait until it returns, or use a second trainer");
                assertThatThrownBy(() -> trainer.startAtRound(5)).hasMessageStartingWith("a round is running: round=1");
                assertThatThrownBy(() -> trainer.share("data", down.value()))
                        .hasMessageStartingWith("a round is running: round=1");
            });
            assertThat(trainer.round()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseARoundBesideARound(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
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
                    .hasMessage("a round is running: round=1, limit=one at a time; thread="
                            + Thread.currentThread().getName()
                            + " is in localProcess; wait until it returns, or use a second trainer");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountRoundsAndStartAtAnother(Mode mode) {
        List<Integer> rounds = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) ->
                new Up(cid, torch.full(new long[] {1}, new Scalar((double) context.round()))));
        try (var trainer = mode.trainer(clients)) {
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

    @ParameterizedTest
    @EnumSource
    void shouldRefuseARoundThatNoRoundCouldFollow(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
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

    private void take(AbstractClientTrainer<Integer, Down, Up> trainer, List<Integer> rounds) {
        trainer.localProcess(down, List.of(1), uplink -> {
            rounds.add((int) uplink.number());
            uplink.close();
        });
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassJobsThroughProgressFnAsTheyAreHandedOver(Mode mode) {
        List<String> events = new ArrayList<>();
        try (var trainer = progressing(mode, jobs -> {
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

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAProgressFnThatChangesTheJobs(Mode mode) {
        try (var trainer = progressing(mode, jobs -> List.of(6, 5))) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(5, 6)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("progressFn changed the jobs: position=0, client=6, limit=5; it must give all jobs in"
                            + " their order");
        }
        try (var trainer = progressing(mode, jobs -> List.of(5))) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(5, 6)))
                    .hasMessageStartingWith("progressFn changed the jobs: position=1, client=null, limit=6");
        }
        try (var trainer = progressing(mode, jobs -> List.of(5, 6, 7))) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(5, 6)))
                    .hasMessageStartingWith("progressFn changed the jobs: position=2, client=7, limit=null");
        }
    }

    private interface Progress {
        Iterable<Integer> wrap(List<Integer> jobs);
    }

    private static AbstractClientTrainer<Integer, Down, Up> progressing(Mode mode, Progress progress) {
        TrainerOptions options = TrainerOptions.builder().numParallels(2).build();
        return mode == Mode.SERIAL
                ? new SerialClientTrainer<>(Clients.adding(), options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return progress.wrap(jobs);
                    }
                }
                : new ThreadPoolClientTrainer<>(Clients.adding(), options) {
                    @Override
                    public Iterable<Integer> progressFn(List<Integer> jobs) {
                        return progress.wrap(jobs);
                    }
                };
    }

    @ParameterizedTest
    @EnumSource
    void shouldConvertEachPackageBeforeItIsHandedOver(Mode mode) {
        List<Integer> converted = new ArrayList<>();
        var clients = new ConvertingClients(converted);
        try (var trainer = mode.trainer(clients)) {
            trainer.localProcess(down, List.of(2, 1));

            assertThat(converted).containsExactly(2, 1);
            assertThat(trainer.uplinkPackage()).extracting(Up::cid).containsExactly(1002, 1001);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldOrderByDataSizeThenId(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding())) {
            assertThat(trainer.order(List.of(0, 1, 2, 3, 4, 5, 6, 7))).containsExactly(2, 5, 1, 4, 7, 0, 3, 6);
            assertThat(trainer.order(List.of(7, 5, 3, 2))).containsExactly(2, 5, 7, 3);
            assertThat(trainer.order(List.of())).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSpreadClientsOverCudaDevices(Mode mode) {
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda"))
                .deviceCount(3)
                .numParallels(2)
                .build();
        try (var trainer = mode.trainer(Clients.adding(), options)) {
            assertThat(trainer.device()).isEqualTo(Device.parse("cuda"));
            assertThat(trainer.deviceCount()).isEqualTo(3);
            assertThat(ids(5))
                    .map(trainer::getClientDevice)
                    .map(Device::toString)
                    .containsExactly("cuda:0", "cuda:1", "cuda:2", "cuda:0", "cuda:1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveEachClientItsDevice(Mode mode) {
        Clients clients =
                new Clients((cid, payload, context) -> new Up(cid, torch.full(new long[] {1}, new Scalar((double)
                        context.device().index()))));
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda"))
                .deviceCount(2)
                .numParallels(2)
                .build();
        List<Double> devices = new ArrayList<>();
        try (var trainer = mode.trainer(clients, options)) {
            trainer.localProcess(down, ids(5), uplink -> {
                devices.add(uplink.number());
                uplink.close();
            });
        }
        assertThat(devices).containsExactly(0., 1., 0., 1., 0.);
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepANamedDeviceForAllClients(Mode mode) {
        TrainerOptions options = TrainerOptions.builder()
                .device(Device.parse("cuda:1"))
                .deviceCount(2)
                .build();
        try (var trainer = mode.trainer(Clients.adding(), options)) {
            assertThat(ids(3))
                    .map(trainer::getClientDevice)
                    .map(Device::toString)
                    .containsOnly("cuda:1");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayWhatWasFoundIfThereIsNoSuchDevice(Mode mode) {
        TrainerOptions.Builder builder = TrainerOptions.builder().device(Device.parse("cuda:2"));

        assertThatThrownBy(() ->
                        mode.trainer(Clients.adding(), builder.deviceCount(2).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such CUDA device: device=cuda:2, limit=2 devices; found:"
                        + " TrainerOptions.deviceCount=2; choose another device, such as cpu");
        assertThatThrownBy(() -> mode.trainer(
                        Clients.adding(),
                        TrainerOptions.builder()
                                .device(Device.parse("cuda"))
                                .deviceCount(0)
                                .build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no such CUDA device: device=cuda, limit=0 devices; found:");
    }

    @ParameterizedTest
    @EnumSource
    void shouldShareTensorsByName(Mode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            Tensor shared = context.shared("data");
            return new Up(cid, shared.add(payload.value()));
        });
        try (var trainer = mode.trainer(clients)) {
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

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToShareWhatCannotBeShared(Mode mode) {
        try (var trainer = mode.trainer(Clients.adding());
                Tensor undefined = new Tensor()) {
            trainer.share("data", down.value());

            assertThatThrownBy(() -> trainer.share("data", down.value()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("name is taken: name=data, limit=one tensor per name; choose another name");
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
