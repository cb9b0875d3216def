package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.util.LogLines;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that draw from the generator that all threads share. */
final class DefaultGeneratorCheckTest {

    private static final String REMEDY = ", expected=no draws from it while clients run; draw from"
            + " context.generator(purpose) and use the layers of org.blazefl4j.model, or allow it with the trainer option"
            + " rngCheck(RngCheck.WARN)";

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    private static Clients drawing(int drawer) {
        return new Clients((cid, payload, context) -> {
            if (cid == drawer) {
                torch.rand(1).close();
            }
            return plus(cid, payload);
        });
    }

    @WithoutProcesses
    void shouldFailAClientThatDrawsFromTheDefaultGenerator(ExecutionMode mode) {
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        try (var trainer = mode.trainer(drawing(3), options)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(6)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=3, round=1")
                    .hasRootCauseMessage("default generator moved: clients=[3]" + REMEDY);
            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(0, 1, 2);
        }
    }

    private static Stream<Arguments> shouldEndTheRoundUnderAnyPolicy() {
        return Arrays.stream(WithoutProcesses.MODES)
                .flatMap(mode -> Stream.of(FailurePolicy.retry(3), FailurePolicy.drop())
                        .flatMap(policy ->
                                Stream.of(true, false).map(throwing -> Arguments.of(mode, policy, throwing))));
    }

    /** A retry would not draw again, and so would hide the draw. */
    @ParameterizedTest
    @MethodSource
    void shouldEndTheRoundUnderAnyPolicy(ExecutionMode mode, FailurePolicy policy, boolean throwing) {
        Clients clients = new Clients((cid, payload, context) -> {
            context.get("drawn", () -> torch.rand(1));
            if (throwing) {
                throw new UnsupportedOperationException("after that");
            }
            return plus(cid, payload);
        });
        TrainerOptions options =
                TrainerOptions.builder().numParallels(1).onClientFailure(policy).build();
        try (var trainer = mode.trainer(clients, options)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=0, round=1, worker=0: ")
                    .cause()
                    .hasMessage("default generator moved: clients=[0]" + REMEDY)
                    .satisfies(broken -> assertThat(broken.getCause() != null).isEqualTo(throwing));
            assertThat(trainer.dropped()).isEmpty();
            assertThat(trainer.retried()).isEmpty();
        }
    }

    @WithoutProcesses
    void shouldWarnOncePerWorkerIfAsked(ExecutionMode mode) {
        TrainerOptions options =
                TrainerOptions.builder().numParallels(1).rngCheck(RngCheck.WARN).build();
        Clients clients = new Clients((cid, payload, context) -> {
            torch.rand(1).close();
            return plus(cid, payload);
        });
        List<String> warnings = warningsOf(() -> {
            try (var trainer = mode.trainer(clients, options)) {
                trainer.localProcess(down, ids(6));
                assertThat(trainer.cache()).hasSize(6);
            }
        });
        assertThat(warnings).containsExactly("default generator moved: clients=[0]" + REMEDY);
    }

    private static List<String> warningsOf(Runnable action) {
        try (LogLines log = new LogLines("org.blazefl4j.worker.DefaultGeneratorWatch")) {
            action.run();
            return log.lines();
        }
    }

    @WithoutProcesses
    void shouldAllowDrawsOfTheCallerBetweenClientsAndBetweenRounds(ExecutionMode mode) {
        TrainerOptions options =
                TrainerOptions.builder().numParallels(1).slots(1).build();
        try (var trainer = mode.trainer(Clients.adding(), options)) {
            for (int round = 0; round < 3; round++) {
                torch.rand(1).close();
                trainer.localProcess(down, ids(2), Up::close);
            }
            assertThat(trainer.round()).isEqualTo(3);
        }
    }

    /** Code of the caller that runs beside clients. */
    private enum Place {
        CONFIG,
        CONVERSION,
        PROGRESS,
        SINK
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotBlameAClientForDrawsOfTheCaller(Place place) {
        CountDownLatch oneRuns = new CountDownLatch(1);
        CountDownLatch drawn = new CountDownLatch(1);
        Consumer<Boolean> drawIf = now -> {
            if (now) {
                Conditions.await("client 1 runs", () -> oneRuns.getCount() == 0);
                torch.rand(1).close();
                drawn.countDown();
            }
        };
        ClientWorker<Integer, Down, Up> worker = (cid, payload, context) -> {
            if (cid == 1) {
                oneRuns.countDown();
                drawn.await();
            }
            return plus(cid, payload);
        };
        Clients clients = new Clients(worker) {
            @Override
            public Integer getClientConfig(int cid) {
                drawIf.accept(place == Place.CONFIG && cid == 2);
                return cid;
            }

            @Override
            public Up convertBufferToUplink(Up uplink) {
                drawIf.accept(place == Place.CONVERSION && uplink.cid() == 0);
                return uplink;
            }
        };
        TrainerOptions options =
                TrainerOptions.builder().numParallels(2).slots(2).build();
        try (var trainer = new ThreadPoolClientTrainer<Integer, Down, Up>(clients, options) {
            @Override
            public Iterable<Integer> progressFn(List<Integer> jobs) {
                return () -> jobs.stream()
                        .peek(cid -> drawIf.accept(place == Place.PROGRESS && cid == 1))
                        .iterator();
            }
        }) {
            trainer.localProcess(down, ids(3), uplink -> {
                drawIf.accept(place == Place.SINK && uplink.cid() == 0);
                uplink.close();
            });
            assertThat(drawn.getCount()).isZero();
        }
    }

    @WithoutProcesses
    void shouldAllowModelsThatAreBuiltFromTheDefaultGeneratorAndPutItBack(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            DefaultGenerator.seeded(cid, () -> torch.rand(10)).close();
            return plus(cid, payload);
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(50), Up::close);
            assertThat(trainer.round()).isEqualTo(1);
        }
    }

    @Test
    void shouldNameAllClientsThatRanWhenItMovedButNoOthers() {
        CyclicBarrier oneAndTwoRun = new CyclicBarrier(2);
        CyclicBarrier drawn = new CyclicBarrier(2);
        Clients clients = new Clients((cid, payload, context) -> {
            if (cid > 0) {
                oneAndTwoRun.await();
                if (cid == 2) {
                    torch.rand(1).close();
                }
                drawn.await();
            }
            return plus(cid, payload);
        });
        TrainerOptions options = TrainerOptions.builder().numParallels(2).build();
        try (var trainer = new ThreadPoolClientTrainer<>(clients, options)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(3)))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=1, round=1")
                    .hasRootCauseMessage("default generator moved: clients=[1, 2]" + REMEDY)
                    .satisfies(failure -> assertThat(failure.getSuppressed())
                            .extracting(Throwable::getMessage)
                            .singleElement()
                            .asString()
                            .contains("client=2, round=1"));
            assertThat(trainer.cache()).extracting(Up::cid).containsExactly(0);
        }
    }
}
