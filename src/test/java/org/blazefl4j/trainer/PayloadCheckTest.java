package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.blazefl4j.codec.TensorWalk;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients of one process that write to tensors that all clients read. Tests turn the check on. ReadOnlyPayloadTest has
 * the worker processes.
 */
final class PayloadCheckTest {

    /** A forbidden act of a client. */
    enum Misdeed implements BiConsumer<Down, WorkerContext> {
        WRITE {
            @Override
            public void accept(Down down, WorkerContext context) {
                down.value().add_(new Scalar(1));
            }
        },
        WRITE_THROUGH_A_VIEW {
            @Override
            public void accept(Down down, WorkerContext context) {
                down.value().select(0, 3).zero_();
            }
        },
        WRITE_TO_WHAT_IS_SHARED {
            @Override
            public void accept(Down down, WorkerContext context) {
                context.shared("data").select(0, 1).fill_(new Scalar(9));
            }
        },
        WRITE_AND_THROW {
            @Override
            public void accept(Down down, WorkerContext context) {
                down.value().add_(new Scalar(1));
                throw new UnsupportedOperationException("after that");
            }
        },
        CLOSE {
            @Override
            public void accept(Down down, WorkerContext context) {
                down.value().close();
            }
        }
    }

    /** The payload's elements do not lie one after the other. */
    private static Tensor everySecond() {
        return torch.ones(8, 2).select(1, 1);
    }

    private static Down first(Down down) {
        return new Down(down.value().narrow(0, 0, 1));
    }

    private static Clients misbehaving(int misbehaved, Misdeed misdeed) {
        return new Clients((cid, down, context) -> {
            Up up = plus(cid, first(down));
            if (cid == misbehaved) {
                misdeed.accept(down, context);
            }
            return up;
        });
    }

    private static AbstractClientTrainer<Integer, Down, Up> open(ExecutionMode mode, Clients clients) {
        return mode.trainer(clients, TrainerOptions.builder().numParallels(1).build());
    }

    private static Stream<Arguments> shouldNameTheClientThatChangesWhatAllRead() {
        return Arrays.stream(WithoutProcesses.MODES)
                .flatMap(mode -> Arrays.stream(Misdeed.values()).map(misdeed -> Arguments.of(mode, misdeed)));
    }

    @ParameterizedTest
    @MethodSource
    void shouldNameTheClientThatChangesWhatAllRead(ExecutionMode mode, Misdeed misdeed) {
        try (Tensor payload = everySecond();
                Tensor data = torch.zeros(4);
                var trainer = open(mode, misbehaving(2, misdeed))) {
            trainer.share("data", data);
            assertThatThrownBy(() -> trainer.localProcess(new Down(payload), ids(4), Up::close))
                    .isInstanceOf(ClientFailedException.class)
                    .hasMessageContaining("client=2")
                    .cause()
                    .hasMessage(
                            "payload or data were written to: client=2, round=1, expected=no writes to what all clients"
                                    + " share; change a copy, or check clients that ran at the same time");
        }
    }

    /** A client whose configuration is a tensor, which it writes to. */
    private record Writing(Tensor data) implements ClientAlgorithm<Tensor, Down, Up> {

        @Override
        public Tensor getClientConfig(int cid) {
            return data;
        }

        @Override
        public ClientWorker<Tensor, Down, Up> worker() {
            return (data, down, context) -> new Up(context.clientId(), data.add_(down.value()));
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, torch.empty(1));
        }
    }

    @WithoutProcesses
    void shouldNameTheClientThatWritesToItsData(ExecutionMode mode) {
        Down down = Down.of(1);
        try (Tensor data = torch.zeros(1);
                var trainer = Clients.trainer(mode, new Writing(data))) {
            assertThatThrownBy(() -> trainer.localProcess(down, List.of(3), Up::close))
                    .isInstanceOf(ClientFailedException.class)
                    .cause()
                    .hasMessageStartingWith("payload or data were written to: client=3, round=1, expected=no writes");
        } finally {
            down.value().close();
        }
    }

    private static Stream<Arguments> shouldTrainNoClientOnAChangedPayloadUnderAnyPolicy() {
        return Arrays.stream(WithoutProcesses.MODES)
                .flatMap(mode -> Stream.of(FailurePolicy.retry(3), FailurePolicy.drop())
                        .flatMap(policy -> Stream.of(Misdeed.WRITE, Misdeed.WRITE_AND_THROW)
                                .map(misdeed -> Arguments.of(mode, policy, misdeed))));
    }

    @ParameterizedTest
    @MethodSource
    void shouldTrainNoClientOnAChangedPayloadUnderAnyPolicy(ExecutionMode mode, FailurePolicy policy, Misdeed misdeed) {
        List<Integer> trained = new CopyOnWriteArrayList<>();
        Clients clients = new Clients((cid, down, context) -> {
            trained.add(cid);
            return misbehaving(1, misdeed).worker().train(cid, down, context);
        });
        TrainerOptions options =
                TrainerOptions.builder().numParallels(1).onClientFailure(policy).build();
        try (Tensor payload = torch.ones(2);
                var trainer = mode.trainer(clients, options)) {
            assertThatThrownBy(() -> trainer.localProcess(new Down(payload), ids(4), Up::close))
                    .isInstanceOf(ClientFailedException.class)
                    .cause()
                    .hasMessageStartingWith("payload or data were written to: client=1, round=1")
                    .extracting(Throwable::getCause)
                    .satisfies(thrown -> {
                        if (misdeed == Misdeed.WRITE_AND_THROW) {
                            assertThat(thrown).hasMessage("after that");
                        } else {
                            assertThat(thrown).isNull();
                        }
                    });
            assertThat(trained).containsExactly(0, 1);
            assertThat(trainer.dropped()).isEmpty();
        }
    }

    @WithoutProcesses
    void shouldFindNothingWhereClientsOnlyRead(ExecutionMode mode) {
        try (Tensor payload = torch.ones(1).expand(1000); // one element in memory
                Tensor empty = torch.empty(0);
                var trainer = open(mode, new Clients((cid, down, context) -> plus(cid, first(down))))) {
            trainer.share("nothing", empty);
            Down down = new Down(payload);
            assertThatCode(() -> trainer.localProcess(down, ids(4), TensorWalk::closeAll))
                    .doesNotThrowAnyException();
        }
    }

    /** Runs without the property. */
    static final class Unchecked {

        private Unchecked() {}

        /** Prints the results of a client that writes to the payload and of the next client. */
        public static void main(String[] args) {
            try (Tensor payload = torch.ones(4);
                    var trainer = open(ExecutionMode.SINGLE_THREADED, misbehaving(0, Misdeed.WRITE))) {
                trainer.localProcess(new Down(payload), ids(2), up -> System.out.println(up.number()));
            }
        }
    }

    @Slow
    @Test
    void shouldBeOffUnlessAskedFor() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Unchecked.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(process.inputReader().lines()).containsExactly("1.0", "3.0");
        assertThat(process.waitFor()).isZero();
    }
}
