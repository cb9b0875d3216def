package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Order;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Results of clients: their tensors, their order, and how many there are at a time, in every execution mode. */
abstract class ResultContract extends RoundContract {

    ResultContract(ExecutionMode mode) {
        super(mode);
    }

    private PoolClients.Up one(Action action) {
        algorithm.order(7, action);
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm, ONE);
        trainer.localProcess(poolDown, List.of(7));
        return trainer.uplinkPackage().get(0);
    }

    @Test
    void shouldSendTheChangedMapWhenAMapChangesBetweenRounds() {
        Map<String, Object> notes = new HashMap<>(Map.of("round", 0, "nested", new ArrayList<>(List.of(1))));
        PoolClients.Down changing = new PoolClients.Down(poolDown.x(), notes);
        List<Map<String, Object>> seen = new ArrayList<>();
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm, ONE);
        for (int round = 0; round < 2; round++) {
            notes.put("round", round);
            trainer.localProcess(changing, List.of(1), up -> {
                seen.add(up.notes());
                up.close();
            });
            notes.put("nested", List.of(1, 2));
        }
        assertThat(seen)
                .containsExactly(Map.of("round", 0, "nested", List.of(1)), Map.of("round", 1, "nested", List.of(1, 2)));
    }

    @Test
    void shouldKeepAPackageWhenTheCallerKeepsItOverRounds() {
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm);
        trainer.localProcess(poolDown, List.of(7));
        PoolClients.Up kept = trainer.uplinkPackage().get(0);
        Tensor view = kept.x().narrow(0, 0, 1);
        kept.close();
        trainer.localProcess(poolDown, ids(100), PoolClients.Up::close);
        assertThat(first(view)).isEqualTo(107f);
        view.close();
    }

    @Test
    void shouldTakeTensorsOutsideTheBuffer() {
        PoolClients.Up up = one(Action.ADD_ELSEWHERE);
        assertThat(first(up.x())).isEqualTo(107f);
        assertThat(up.y().sum().item_float()).isEqualTo(12f);
        up.close();
    }

    @Test
    void shouldKeepContentsApartWhenTensorsOfTheBufferChangePlaces() {
        PoolClients.Up up = one(Action.SWAP);
        assertThat(up.x().eq(new Scalar(1)).all().item_bool()).isTrue();
        assertThat(up.y().eq(new Scalar(107)).all().item_bool()).isTrue();
        up.close();
    }

    @Test
    void shouldTakeFewerRowsThanPrepared() {
        PoolClients.Up up = one(Action.FEWER_ROWS);
        assertThat(up.y().size(0)).isEqualTo(2);
        assertThat(up.y().sum().item_float()).isEqualTo(6f);
        up.close();
    }

    @Test
    void shouldTakeUnboundedTensorsOfAnySize() {
        ids(20).forEach(cid -> algorithm.order(cid, Action.UNBOUNDED));
        open(algorithm).localProcess(poolDown, ids(20), up -> {
            assertThat(up.rest().size(0)).isEqualTo(1000);
            assertThat(up.rest().mean().item_float()).isEqualTo(up.cid());
            up.close();
        });
    }

    @Test
    void shouldTakeLongResults() {
        PoolClients.Up up = one(Action.TALKATIVE);
        assertThat((String) up.notes().get("text")).hasSize(100_000);
        up.close();
    }

    @Test
    void shouldRefuseMoreRowsThanPrepared() {
        assertThatThrownBy(() -> one(Action.MORE_ROWS))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("client=7")
                .hasMessageContaining("path=y, got=Float[5, 3], expected=Float[4, 3]");
    }

    @Test
    void shouldRefuseATensorWithoutAPlace() {
        assertThatThrownBy(() -> one(Action.NO_PLACE))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("client=7")
                .hasMessageContaining("path=notes[loss], expected=[x, y]")
                .hasMessageContaining("@Unbounded");
    }

    @Test
    void shouldKeepResultsValidWhenTheTrainerIsClosedFirst() {
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> trainer = open(algorithm, ONE);
        trainer.localProcess(poolDown, ids(3));
        List<PoolClients.Up> ups = trainer.uplinkPackage();
        trainer.close();
        assertThat(ups).hasSize(3).allSatisfy(up -> assertThat(first(up.x())).isEqualTo(100f + up.cid()));
        ups.forEach(PoolClients.Up::close);
    }

    @Test
    void shouldRunTwoTrainersAtOnce() {
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> one = open(algorithm);
        AbstractClientTrainer<Order, PoolClients.Down, PoolClients.Up> two = open(algorithm);
        CompletableFuture<Void> beside = CompletableFuture.runAsync(() -> requireWholeRound(two, 50));
        requireWholeRound(one, 50);
        beside.join();
        assertThat(pids).doesNotHaveDuplicates();
    }

    // ---- order and number

    @Test
    void shouldHandOverInListOrderWhetherClientsTakeEverMoreOrEverLessTime() {
        List<Integer> ascending = ids(20);
        List<Integer> descending = new ArrayList<>(ascending);
        Collections.reverse(descending);
        ascending.forEach(cid -> algorithm.order(new Order(cid, Action.ADD, 1 + cid, null, null)));
        algorithm.worker(PoolClients::trainAndNoteWorker);
        var trainer = open(algorithm, TWO.toBuilder().slots(3).build());
        awaitReady(trainer);
        Set<Object> workers = new HashSet<>();
        Set<Long> processes = new HashSet<>();
        for (List<Integer> cids : List.of(ascending, descending)) {
            List<Integer> taken = new ArrayList<>();
            trainer.localProcess(poolDown, cids, up -> {
                taken.add(up.cid());
                workers.add(up.notes().get("worker"));
                processes.add(up.pid());
                assertThat(first(up.x())).isEqualTo(100f + up.cid());
                up.close();
            });
            assertThat(taken).isEqualTo(cids);
        }
        long here = ProcessHandle.current().pid();
        assertThat(workers).isEqualTo(mode == ExecutionMode.SINGLE_THREADED ? Set.of(0) : Set.of(0, 1));
        if (mode == ExecutionMode.MULTI_PROCESS) {
            assertThat(processes)
                    .containsExactlyInAnyOrderElementsOf(workerPids(trainer))
                    .doesNotContain(here);
        } else {
            assertThat(processes).containsExactly(here);
        }
    }

    /** Tries one number of slots in processes only, because each needs a pool. */
    @Test
    void shouldDealAsFarAheadOfASlowSinkAsThereAreSlots() {
        List<Integer> slots = mode == ExecutionMode.MULTI_PROCESS ? List.of(3) : List.of(1, 2, 3, 5);
        slots.forEach(this::requireDealtAhead);
    }

    private void requireDealtAhead(int slots) {
        int clients = 12;
        int most = mode == ExecutionMode.SINGLE_THREADED ? 1 : slots;
        List<Path> started = ids(clients).stream()
                .map(cid -> folder.resolve(slots + "-" + cid))
                .toList();
        ids(clients).forEach(cid -> algorithm.order(new Order(cid, Action.ADD, 0, started.get(cid), null)));
        var trainer = open(algorithm, TWO.toBuilder().slots(slots).build());
        long before = segmentBytes(trainer);
        trainer.localProcess(poolDown, ids(clients), up -> {
            int dealt = Math.min(up.cid() + most, clients);
            started.subList(0, dealt).forEach(Conditions::awaitFile);
            awaitIdleWorkers(started.subList(dealt, clients));
            assertThat(started.subList(dealt, clients)).noneMatch(Files::exists);
            up.close();
        });
        assertThat(segmentBytes(trainer)).isEqualTo(before);
        trainer.close();
    }

    private static long segmentBytes(AbstractClientTrainer<?, ?, ?> trainer) {
        return trainer instanceof ProcessPoolClientTrainer<?, ?, ?> pool ? pool.segmentBytes() : 0;
    }

    /** Waits long enough for idle workers that do not wait for a slot. */
    private void awaitIdleWorkers(List<Path> notStarted) {
        if (mode == ExecutionMode.MULTI_THREADED) {
            Conditions.await("both workers wait", () -> waitingThreads() == 2);
        } else if (mode == ExecutionMode.MULTI_PROCESS) {
            for (int i = 0; i < 20 && notStarted.stream().noneMatch(Files::exists); i++) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    private static long waitingThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread ->
                        thread.getName().startsWith("blazefl4j-") && thread.getState() == Thread.State.WAITING)
                .count();
    }
}
