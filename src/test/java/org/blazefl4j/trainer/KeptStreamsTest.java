package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.reproducibility.RngSuite;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kept random streams continue in the next round, on any worker. */
@Slow
final class KeptStreamsTest {

    private static final List<Integer> CLIENTS = List.of(0, 1, 2, 3, 4);
    private static final int ROUNDS = 3;

    record Down(int round) {}

    /** A client's draws in Java and in LibTorch. */
    record Up(int cid, long java, long cpu) {
        /** Draws both. */
        static Up of(int cid, RngSuite suite) {
            try (PointerScope scope = new PointerScope()) {
                Tensor drawn = torch.randint(1L << 24, new long[] {1}, new GeneratorOptional(suite.cpu()));
                return new Up(cid, suite.java().nextLong(), drawn.item_long());
            }
        }
    }

    record Drawing() implements ClientAlgorithm<Integer, Down, Up> {
        @Override
        public Integer getClientConfig(int cid) {
            return cid;
        }

        @Override
        public ClientWorker<Integer, Down, Up> worker() {
            return Drawing::draw;
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, 0, 0);
        }

        private static Up draw(Integer cid, Down down, WorkerContext context) {
            try (RngSuite suite = RngSuite.create(cid)) {
                context.<RngSuite.State>state().ifPresent(suite::restore);
                Up drawn = Up.of(cid, suite);
                context.keepState(suite.state());
                return drawn;
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldContinueRandomStreamsInEveryRound(ExecutionMode mode) {
        List<Up> drawn = new ArrayList<>();
        TrainerOptions options = TrainerOptions.builder().numParallels(2).build();
        try (var trainer = mode.trainer(new Drawing(), options)) {
            for (int round = 0; round < ROUNDS; round++) {
                trainer.localProcess(new Down(round), CLIENTS, drawn::add);
            }
        }

        for (int cid : CLIENTS) {
            assertThat(drawn).filteredOn(up -> up.cid() == cid).isEqualTo(drawsOf(cid));
        }
    }

    /** Returns the draws of one suite that is never saved. */
    private static List<Up> drawsOf(int cid) {
        List<Up> draws = new ArrayList<>();
        try (RngSuite suite = RngSuite.create(cid)) {
            for (int round = 0; round < ROUNDS; round++) {
                draws.add(Up.of(cid, suite));
            }
        }
        assertThat(draws).doesNotHaveDuplicates();
        return draws;
    }
}
