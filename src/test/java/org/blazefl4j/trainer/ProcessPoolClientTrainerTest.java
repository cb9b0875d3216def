package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientWorker;
import org.blazefl4j.core.WorkerContext;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

final class ProcessPoolClientTrainerTest {

    record Down(Tensor x) {}

    record Up(int cid, long pid, Tensor x) {}

    record Config(int cid) {}

    static Up train(Config config, Down down, WorkerContext context) {
        Up buffer = context.uplinkBuffer();
        buffer.x().copy_(down.x()).add_(new Scalar(config.cid()));
        return new Up(config.cid(), ProcessHandle.current().pid(), buffer.x());
    }

    static final class Algorithm implements ClientAlgorithm<Up, Down, Config> {
        @Override
        public Config getClientConfig(int cid) {
            return new Config(cid);
        }

        @Override
        public ClientWorker<Config, Down, Up> worker() {
            return ProcessPoolClientTrainerTest::train;
        }

        @Override
        public Up prepareUplinkPackageBuffer() {
            return new Up(0, 0, torch.empty(1000));
        }
    }

    @Test
    void shouldHandOverResultsInListOrderWhenRoundsFollowEachOther() {
        try (var trainer = new ProcessPoolClientTrainer<>(
                new Algorithm(), TrainerOptions.builder().numParallels(2).build())) {
            for (int round = 0; round < 5; round++) {
                Down down = new Down(torch.full(new long[] {1000}, new Scalar(round * 1000f)));
                List<Integer> cids = IntStream.range(0, 100).boxed().toList();
                List<Integer> seen = new ArrayList<>();
                trainer.localProcess(down, cids, up -> {
                    seen.add(up.cid());
                    assertThat(up.x().max().item_float())
                            .isEqualTo(up.cid() + down.x().max().item_float());
                    up.x().close();
                });
                assertThat(seen).isEqualTo(cids);
            }
        }
    }
}
