package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A simulation closes the tensors of packages that have no {@code close()}. */
final class DiscardedPackagesTest {

    private static final int CLIENTS = 40;
    private static final int ROUNDS = 10;
    private static final int FLOATS = 1 << 18;

    /** Has room for far fewer results than clients return. */
    private static final TrainerOptions OPTIONS =
            TrainerOptions.builder().numParallels(2).maxSlots(16).build();

    record Down(int round) {}

    record Up(int cid, Tensor vector, Map<String, List<Tensor>> more) {}

    private static final class Vectors implements ClientAlgorithm<Integer, Down, Up> {
        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, Down, Up> worker() {
            return (cid, down, context) -> new Up(
                    cid, torch.full(new long[] {FLOATS}, new Scalar((float) cid)), Map.of("b", List.of(torch.ones(1))));
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, torch.empty(FLOATS), Map.of("b", List.of(torch.empty(1))));
        }
    }

    private abstract static class Handler implements ServerHandler<Down, Up> {

        private int rounds;
        private int loaded;

        abstract void take(Up uplink);

        @Override
        public Down downlinkPackage() {
            return new Down(rounds);
        }

        @Override
        public List<Integer> sampleClients() {
            return Clients.ids(CLIENTS);
        }

        @Override
        public boolean isStopped() {
            return rounds == ROUNDS;
        }

        @Override
        public boolean load(Up uplink) {
            take(uplink);
            boolean complete = ++loaded % CLIENTS == 0;
            rounds += complete ? 1 : 0;
            return complete;
        }
    }

    private static void run(ExecutionMode mode, Handler handler) {
        try (var trainer = mode.trainer(new Vectors(), OPTIONS)) {
            new Simulation<>(handler, trainer).run();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseAllTensorsOnceThePackageWasLoaded(ExecutionMode mode) {
        List<Tensor> seen = new ArrayList<>();
        List<Long> resident = new ArrayList<>();
        run(mode, new Handler() {
            @Override
            void take(Up uplink) {
                try (PointerScope scope = new PointerScope()) {
                    assertThat(uplink.vector().sum().item_double()).isEqualTo((double) FLOATS * uplink.cid());
                }
                seen.add(uplink.vector());
                seen.addAll(uplink.more().get("b"));
                if (uplink.cid() == 0) {
                    resident.add(Pointer.physicalBytes());
                }
            }
        });
        assertThat(seen).hasSize(2 * CLIENTS * ROUNDS).allMatch(tensor -> tensor.isNull());
        long grown = resident.get(ROUNDS - 1) - resident.get(1);
        assertThat(grown).isLessThan(4L * FLOATS * CLIENTS * (ROUNDS - 2) / 4);
    }

    @ParameterizedTest
    @EnumSource
    void shouldLeaveTensorsOpenThatTheHandlerRetains(ExecutionMode mode) {
        List<Tensor> kept = new ArrayList<>();
        run(mode, new Handler() {
            @Override
            void take(Up uplink) {
                if (uplink.cid() == 7) {
                    kept.add(uplink.vector().retainReference());
                }
            }
        });
        assertThat(kept).hasSize(ROUNDS).allMatch(tensor -> tensor.mean().item_double() == 7);
        kept.forEach(Tensor::close);
        assertThat(kept).allMatch(tensor -> tensor.isNull());
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellAHandlerThatUsesAClosedTensorWhatToKeep(ExecutionMode mode) {
        List<Tensor> kept = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            void take(Up uplink) {
                kept.add(uplink.vector());
                if (uplink.cid() == CLIENTS - 1) {
                    kept.get(0).add_(uplink.vector());
                }
            }
        };
        assertThatThrownBy(() -> run(mode, handler))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("handler used a closed tensor: handler="
                        + handler.getClass().getName()
                        + ", expected=tensors of the packages being loaded, or copies; a package is closed after it"
                        + " was loaded: keep clones of its tensors, or call retainReference() and close them later")
                .hasCauseInstanceOf(NullPointerException.class);
    }

    @ParameterizedTest
    @EnumSource
    void shouldCloseAllTensorsInALoopThatDiscardsPackages(ExecutionMode mode) {
        List<Tensor> seen = new ArrayList<>();
        try (var trainer = mode.trainer(new Vectors(), OPTIONS)) {
            trainer.localProcess(new Down(0), Clients.ids(CLIENTS), uplink -> {
                seen.add(uplink.vector());
                trainer.discard(uplink);
            });
        }
        assertThat(seen).hasSize(CLIENTS).allMatch(tensor -> tensor.isNull());
    }
}
