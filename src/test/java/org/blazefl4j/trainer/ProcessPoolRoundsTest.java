package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;
import static org.blazefl4j.trainer.PoolClients.first;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Down;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.trainer.PoolClients.Up;
import org.blazefl4j.util.Slow;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rounds in worker processes without failures; one pool for all tests. */
@Slow
final class ProcessPoolRoundsTest {

    private static final int FLOATS = 12;
    private static final int WORKERS = 2;
    private static final int SLOTS = WORKERS + 1;

    private static Algorithm algorithm;
    private static ProcessPoolClientTrainer<Order, Down, Up> trainer;

    @BeforeAll
    static void open() {
        algorithm = new Algorithm(FLOATS);
        trainer = new ProcessPoolClientTrainer<>(
                algorithm,
                TrainerOptions.builder().numParallels(WORKERS).slots(SLOTS).build());
        trainer.awaitReady();
    }

    @AfterAll
    static void close() {
        trainer.close();
    }

    @BeforeEach
    void forget() {
        cids(100).forEach(cid -> algorithm.order(cid, Action.ADD));
    }

    private static List<Up> collect(Down down, List<Integer> cids) {
        trainer.localProcess(down, cids);
        return trainer.uplinkPackage();
    }

    @Test
    void shouldSendTheNewPayloadWhenARoundIsRepeated() {
        int round = trainer.round();
        for (String note : List.of("first", "second")) {
            trainer.startAtRound(round);
            try (Tensor x = torch.zeros(FLOATS)) {
                List<Up> ups = collect(new Down(x, Map.of("note", note)), cids(4));
                assertThat(ups).allSatisfy(up -> assertThat(up.notes()).containsEntry("note", note));
                ups.forEach(Up::close);
            }
        }
    }

    @Test
    void shouldDecodeThePayloadOncePerWorkerAndRound() {
        Map<Long, Integer> before = new HashMap<>();
        trainer.localProcess(down(FLOATS, 0), cids(20), up -> {
            before.put(up.pid(), up.decoded());
            up.close();
        });
        for (int round = 1; round <= 3; round++) {
            Set<Long> took = new HashSet<>();
            trainer.localProcess(down(FLOATS, 0), cids(20), up -> {
                if (took.add(up.pid())) {
                    before.merge(up.pid(), 1, Integer::sum);
                }
                assertThat(up.decoded()).isEqualTo(before.get(up.pid()));
                up.close();
            });
        }
    }

    @Test
    void shouldCollectAHundredClientsAndUseTheirMemoryAgainWhenTheyAreClosed() {
        List<Up> first = collect(down(FLOATS, 5), cids(100));
        assertThat(first).extracting(Up::cid).isEqualTo(cids(100));
        assertThat(first).allSatisfy(up -> assertThat(first(up.x())).isEqualTo(5f + up.cid()));
        long bytes = trainer.segmentBytes();
        first.forEach(Up::close);
        collect(down(FLOATS, 6), cids(100)).forEach(Up::close);
        assertThat(trainer.segmentBytes()).isEqualTo(bytes);
    }

    @Test
    void shouldSendTensorsOfConfigurationsOfAnySize() {
        Tensor large = torch.full(new long[] {100_000}, new Scalar(2f));
        Tensor small = torch.full(new long[] {3}, new Scalar(3f));
        List<Integer> cids = cids(10);
        cids.forEach(cid -> algorithm.order(new Order(cid, Action.ADD, 0, null, cid % 2 == 0 ? large : small)));
        algorithm.worker((order, down, context) -> {
            Up buffer = context.uplinkBuffer();
            buffer.x().copy_(down.x()).add_(order.data().mean());
            return buffer;
        });
        try (var other = new ProcessPoolClientTrainer<>(
                algorithm, TrainerOptions.builder().numParallels(1).build())) {
            other.localProcess(down(FLOATS, 0), cids);
            List<Float> means =
                    other.uplinkPackage().stream().map(up -> first(up.x())).toList();
            assertThat(means).containsExactly(2f, 3f, 2f, 3f, 2f, 3f, 2f, 3f, 2f, 3f);
        } finally {
            algorithm.worker(PoolClients::train);
        }
    }

    @Test
    void shouldSendSharedTensorsForNothingWhenConfigurationsHoldViewsOfThem() {
        Tensor data = torch.full(new long[] {1000, 100}, new Scalar(4f));
        trainer.share("data", data);
        collect(down(FLOATS, 0), cids(4)).forEach(Up::close);
        long before = trainer.segmentBytes();
        for (int cid = 0; cid < 4; cid++) {
            algorithm.order(new Order(cid, Action.ADD, 0, null, data.narrow(0, 10L * cid, 500)));
        }
        collect(down(FLOATS, 0), cids(4)).forEach(Up::close);
        assertThat(trainer.segmentBytes()).isEqualTo(before);
    }
}
