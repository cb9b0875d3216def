package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The caller owns a package's tensors, wherever the client got them. */
final class ReturnedTensorsTest {

    private final Down down = Down.of(100);

    @AfterEach
    void close() {
        down.value().close();
    }

    @WithoutProcesses
    void shouldPassOnAClientsTensorWithoutCopyingIt(ExecutionMode mode) {
        Map<Integer, Long> addresses = new ConcurrentHashMap<>();
        Clients clients = new Clients((cid, payload, context) -> {
            Up uplink = cid % 2 == 0 ? plus(cid, payload) : new Up(cid, filledBuffer(context.uplinkBuffer(), cid));
            addresses.put(cid, uplink.value().data_ptr().address());
            return uplink;
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(6));

            assertThat(trainer.cache())
                    .hasSize(6)
                    .allMatch(uplink -> uplink.value().data_ptr().address() == addresses.get(uplink.cid()));
        }
    }

    private static Tensor filledBuffer(Up buffer, int cid) {
        return buffer.value().fill_(new Scalar(cid));
    }

    @WithoutProcesses
    void shouldPassOnATensorThatOutlivesAScopeOfTheClient(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            try (PointerScope step = new PointerScope()) {
                Up uplink = plus(cid, payload);
                uplink.value().retainReference();
                return uplink;
            }
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(3));

            assertThat(trainer.cache()).extracting(Up::number).containsExactly(100., 101., 102.);
        }
    }

    @WithoutProcesses
    void shouldCopyATensorOfThePayload(ExecutionMode mode) {
        assertPayloadUntouched(mode, (cid, payload, context) -> new Up(cid, payload.value()));
    }

    @WithoutProcesses
    void shouldCopyAViewOfThePayload(ExecutionMode mode) {
        assertPayloadUntouched(
                mode, (cid, payload, context) -> new Up(cid, payload.value().view(1)));
    }

    /** Writes to the packages do not reach the payload. */
    private void assertPayloadUntouched(ExecutionMode mode, ClientWorker<Integer, Down, Up> worker) {
        try (var trainer = Clients.trainer(mode, new Clients(worker))) {
            trainer.localProcess(down, ids(3), uplink -> {
                uplink.value().fill_(new Scalar(-1));
                uplink.close();
            });

            assertThat(down.value().item_double()).isEqualTo(100);
        }
    }

    @WithoutProcesses
    void shouldCopyASharedTensor(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> new Up(cid, context.shared("data")));
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.share("data", down.value());
            for (int round = 0; round < 2; round++) {
                trainer.localProcess(down, ids(3), uplink -> {
                    assertThat(uplink.number()).isEqualTo(100);
                    uplink.value().fill_(new Scalar(-1));
                    uplink.close();
                });
            }
            assertThat(down.value().item_double()).isEqualTo(100);
        }
    }

    @WithoutProcesses
    void shouldCopyAResourceThatTheNextClientOverwrites(ExecutionMode mode) {
        assertCopied(mode, (cid, payload, context) -> {
            Tensor weights = context.get("weights", () -> torch.zeros(1));
            weights.fill_(new Scalar(100 + cid));
            return new Up(cid, weights);
        });
    }

    @WithoutProcesses
    void shouldCopyAViewOfAResourceThatTheNextClientOverwrites(ExecutionMode mode) {
        assertCopied(mode, (cid, payload, context) -> {
            Tensor weights = context.get("weights", () -> torch.zeros(2));
            weights.fill_(new Scalar(100 + cid));
            return new Up(cid, weights.narrow(0, 1, 1));
        });
    }

    @WithoutProcesses
    void shouldCopyAnUplinkBufferThatAResourceStillRefersTo(ExecutionMode mode) {
        assertCopied(mode, (cid, payload, context) -> {
            Tensor[] model = context.get("model", () -> new Tensor[1]);
            if (model[0] != null) {
                model[0].fill_(new Scalar(-1));
                model[0].close();
            }
            Up buffer = context.uplinkBuffer();
            model[0] = buffer.value().view(1).retainReference();
            model[0].fill_(new Scalar(100 + cid));
            return new Up(cid, buffer.value());
        });
    }

    @WithoutProcesses
    void shouldCopyATensorThatAResourceKeeps(ExecutionMode mode) {
        assertCopied(mode, (cid, payload, context) -> {
            Tensor[] last = context.get("last", () -> new Tensor[1]);
            if (last[0] != null) {
                last[0].fill_(new Scalar(-1));
                last[0].close();
            }
            Up uplink = plus(cid, payload);
            last[0] = uplink.value().retainReference();
            return uplink;
        });
    }

    /** Client c returns 100 + c, even if later clients overwrite the memory it used. */
    private void assertCopied(ExecutionMode mode, ClientWorker<Integer, Down, Up> worker) {
        TrainerOptions options = TrainerOptions.builder().numParallels(1).build();
        try (var trainer = mode.trainer(new Clients(worker), options)) {
            for (int round = 0; round < 2; round++) {
                trainer.localProcess(down, ids(5));

                List<Up> uplinks = trainer.uplinkPackage();
                assertThat(uplinks).extracting(Up::number).containsExactly(100., 101., 102., 103., 104.);
                uplinks.forEach(Up::close);
            }
        }
    }

    @WithoutProcesses
    void shouldDetachATensorThatRequiresAGradient(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> {
            Up uplink = plus(cid, payload);
            uplink.value().requires_grad_(true);
            return uplink;
        });
        try (var trainer = Clients.trainer(mode, clients)) {
            trainer.localProcess(down, ids(2));

            assertThat(trainer.cache())
                    .noneMatch(uplink -> uplink.value().requires_grad())
                    .extracting(Up::number)
                    .containsExactly(100., 101.);
        }
    }

    /** A package with tensors in several places. */
    record Many(Tensor parameters, List<Tensor> more, Map<String, Tensor> byName) {}

    private static final class ManyClients implements ClientAlgorithm<Integer, Down, Many> {
        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, Down, Many> worker() {
            return (cid, payload, context) -> {
                Tensor own = payload.value().add(new Scalar(cid));
                return new Many(own, List.of(own.view(1), payload.value()), Map.of("again", own));
            };
        }

        @Override
        public Many prepareUplinkPackageBuffer() {
            return new Many(torch.empty(1), List.of(torch.empty(1), torch.empty(1)), Map.of());
        }
    }

    @WithoutProcesses
    void shouldCopyAWholePackageIfItDoesNotOwnOneOfItsTensors(ExecutionMode mode) {
        try (var trainer = Clients.trainer(mode, new ManyClients())) {
            trainer.localProcess(down, List.of(7), uplink -> {
                assertThat(uplink.more().get(1)).isNotSameAs(down.value());
                assertThat(uplink.parameters().item_double()).isEqualTo(107);
                assertThat(uplink.more().get(0).item_double()).isEqualTo(107);
                assertThat(uplink.more().get(1).item_double()).isEqualTo(100);
                assertThat(uplink.byName().get("again")).isSameAs(uplink.parameters());
                uplink.parameters().close();
                uplink.more().forEach(Tensor::close);
            });
            assertThat(down.value().item_double()).isEqualTo(100);
        }
    }

    /** A result that no worker process could return. */
    private enum Misfit {
        DTYPE("uplink tensor does not fit: path=value, got=Double[1], expected=Float[1]" + MEND) {
            @Override
            Object result() {
                return new Up(0, torch.zeros(1).to(ScalarType.Double));
            }
        },
        ROWS("uplink tensor does not fit: path=value, got=Float[2], expected=Float[1]" + MEND) {
            @Override
            Object result() {
                return new Up(0, torch.zeros(2));
            }
        },
        DIMENSIONS("uplink tensor does not fit: path=value, got=Float[1, 1], expected=Float[1]" + MEND) {
            @Override
            Object result() {
                return new Up(0, torch.zeros(1, 1));
            }
        },
        PLACE(
                "uplink tensor has no place: path=[0], expected=[value]; add it to prepareUplinkPackageBuffer(), or mark its"
                        + " field @Unbounded") {
            @Override
            Object result() {
                return List.of(torch.zeros(1));
            }
        },
        CLASS("cannot cross: path=[0], type=java.lang.Thread, expected=") {
            @Override
            Object result() {
                return List.of(new Thread());
            }
        },
        CLOSED("cannot cross: path=value, type=closed Tensor, expected=open tensors; close it after sending it, not"
                + " before") {
            @Override
            Object result() {
                Up up = new Up(0, torch.zeros(1));
                up.close();
                return up;
            }
        };

        final String message;

        Misfit(String message) {
            this.message = message;
        }

        abstract Object result();
    }

    private static final String MEND =
            ", dimension 0 may be smaller; return this shape, or change prepareUplinkPackageBuffer()";

    private static Stream<Arguments> shouldRefuseWhatWorkerProcessesRefuse() {
        return Arrays.stream(WithoutProcesses.MODES)
                .flatMap(mode -> Arrays.stream(Misfit.values()).map(misfit -> Arguments.of(mode, misfit)));
    }

    @ParameterizedTest
    @MethodSource
    void shouldRefuseWhatWorkerProcessesRefuse(ExecutionMode mode, Misfit misfit) {
        ClientAlgorithm<Integer, Down, Object> clients = new ClientAlgorithm<>() {
            @Override
            public Integer getClientConfig(int cid) {
                return cid;
            }

            @Override
            public ClientWorker<Integer, Down, Object> worker() {
                return (cid, payload, context) -> misfit.result();
            }

            @Override
            public Object prepareUplinkPackageBuffer() {
                return new Up(0, torch.empty(1));
            }
        };
        try (var trainer = Clients.trainer(mode, clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(1)))
                    .isInstanceOf(ClientFailedException.class)
                    .cause()
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(misfit.message);
            assertThat(trainer.cache()).isEmpty();
        }
    }

    @WithoutProcesses
    void shouldSayThatThereIsNoUplinkBuffer(ExecutionMode mode) {
        Clients clients = new Clients((cid, payload, context) -> plus(cid, payload)) {
            @Override
            public Up prepareUplinkPackageBuffer() {
                return null;
            }
        };
        try (var trainer = Clients.trainer(mode, clients)) {
            assertThatThrownBy(() -> trainer.localProcess(down, ids(1)))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("no uplink buffer: prepareUplinkPackageBuffer() returned null; return a package with"
                            + " the dtypes and shapes of one client's result");
        }
    }
}
