package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;
import static org.blazefl4j.trainer.PoolClients.first;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
import org.junit.jupiter.api.io.TempDir;

/** Rounds in worker processes without failures; one pool for all tests. */
@Slow
final class ProcessPoolRoundsTest {

    private static final int FLOATS = 12;
    private static final int WORKERS = 2;
    private static final int SLOTS = WORKERS + 1;
    private static final TrainerOptions OPTIONS =
            TrainerOptions.builder().numParallels(WORKERS).slots(SLOTS).build();

    private static Algorithm algorithm;
    private static ProcessPoolClientTrainer<Order, Down, Up> trainer;

    @TempDir
    private Path folder;

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
    void shouldHandOverInListOrderWhenSizesAscendAndDescend() {
        for (int i = 0; i < 50; i++) {
            algorithm.order(new Order(i, Action.ADD, 1 + i, null, null));
        }
        List<Integer> ascending = cids(50);
        List<Integer> descending = new ArrayList<>(ascending);
        Collections.reverse(descending);
        Set<Long> pids = new HashSet<>();
        for (List<Integer> order : List.of(ascending, descending)) {
            List<Integer> seen = new ArrayList<>();
            trainer.localProcess(down(FLOATS, 1000), order, up -> {
                seen.add(up.cid());
                pids.add(up.pid());
                assertThat(first(up.x())).isEqualTo(1000f + up.cid());
                up.close();
            });
            assertThat(seen).isEqualTo(order);
        }
        assertThat(pids).hasSize(2).doesNotContain(ProcessHandle.current().pid());
        assertThat(trainer.workerPids()).containsExactlyInAnyOrderElementsOf(pids);
    }

    @Test
    void shouldDealAsFarAheadOfASlowSinkAsThereAreSlots() {
        List<Path> started =
                cids(12).stream().map(cid -> folder.resolve(cid.toString())).toList();
        cids(12).forEach(cid -> algorithm.order(new Order(cid, Action.ADD, 0, started.get(cid), null)));
        try (var fresh = new ProcessPoolClientTrainer<>(algorithm, OPTIONS)) {
            long before = fresh.segmentBytes();
            fresh.localProcess(down(FLOATS, 0), cids(12), up -> {
                int ahead = Math.min(up.cid() + SLOTS, 12);
                started.subList(0, ahead).forEach(Conditions::awaitFile);
                giveTimeToStart(started.subList(ahead, 12));
                assertThat(started.subList(ahead, 12)).noneMatch(Files::exists);
                up.close();
            });
            assertThat(fresh.segmentBytes()).isEqualTo(before);
        }
    }

    /** Long enough for idle workers that do not wait for a slot. */
    private static void giveTimeToStart(List<Path> started) {
        for (int i = 0; i < 20 && started.stream().noneMatch(Files::exists); i++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
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
