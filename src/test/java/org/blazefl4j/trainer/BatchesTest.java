package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.blazefl4j.core.ClientTrainer;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.StreamingTrainer;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.blazefl4j.trainer.PoolClients.Action;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.trainer.PoolClients.Order;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages that are handed over together. */
final class BatchesTest {

    private static final int CLIENTS = 30;
    private static final int SLOTS = 5;

    /** One worker: when a client has started, all clients before it have ended. */
    private static final TrainerOptions ONE_WORKER =
            TrainerOptions.builder().numParallels(1).slots(SLOTS).build();

    private final Down down = Down.of(100);

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        down.value().close();
    }

    @WithoutProcesses
    void shouldHandOverAllInTheOrderOfTheList(ExecutionMode mode) {
        List<Integer> cids = List.of(7, 2, 9, 0, 4, 5, 1, 3, 8, 6);
        List<Up> taken = new ArrayList<>();
        try (var trainer = Clients.trainer(mode, Clients.adding())) {
            trainer.localProcessInBatches(down, cids, taken::addAll);

            assertThat(taken).extracting(Up::cid).isEqualTo(cids);
            assertThat(taken).allSatisfy(up -> assertThat(up.number()).isEqualTo(100 + up.cid()));
            assertThat(trainer.uplinkPackage()).isEmpty();
            taken.forEach(Up::close);
        }
    }

    @Test
    void shouldGiveOneAtATimeInSerial() {
        try (var trainer = Clients.trainer(ExecutionMode.SINGLE_THREADED, Clients.adding())) {
            trainer.localProcessInBatches(down, ids(3), batch -> {
                assertThat(batch).hasSize(1);
                batch.forEach(Up::close);
            });
        }
    }

    @Test
    void shouldHandOverFinishedPackagesTogetherInThreads() {
        Set<Integer> started = ConcurrentHashMap.newKeySet();
        Clients clients = new Clients((cid, payload, context) -> {
            started.add(cid);
            return Clients.plus(cid, payload);
        });
        Batches batches = new Batches(8);
        try (var trainer = new ThreadPoolClientTrainer<>(clients, ONE_WORKER)) {
            trainer.localProcessInBatches(down, ids(CLIENTS), batch -> {
                assertThat(batch).extracting(Up::cid).isEqualTo(batches.next(batch.size()));
                Conditions.await("client " + batches.lastDealt(), () -> started.contains(batches.lastDealt()));
                batch.forEach(Up::close);
            });
        }
        batches.assertAll();
    }

    @Slow
    @Test
    void shouldHandOverFinishedPackagesTogetherInProcesses() {
        Algorithm algorithm = new Algorithm(12);
        IntStream.range(0, CLIENTS).forEach(cid -> algorithm.order(new Order(cid, Action.ADD, 0, started(cid), null)));
        try (var trainer = new ProcessPoolClientTrainer<>(algorithm, ONE_WORKER)) {
            long before = trainer.segmentBytes();
            Batches batches = new Batches(SLOTS - 1);
            trainer.localProcessInBatches(PoolClients.down(12, 100), ids(CLIENTS), batch -> {
                assertThat(batch).extracting(PoolClients.Up::cid).isEqualTo(batches.next(batch.size()));
                assertThat(batch)
                        .allSatisfy(up -> assertThat(PoolClients.first(up.x())).isEqualTo(100f + up.cid()));
                Conditions.awaitFile(started(batches.lastDealt()));
                batch.forEach(PoolClients.Up::close);
            });
            batches.assertAll();
            assertThat(trainer.segmentBytes()).as("a batch takes no extra slot").isEqualTo(before);
        }
    }

    /** An unclosed batch would keep its slots, and the next rounds would find none. */
    @Slow
    @Test
    void shouldClosePendingPackagesWhenTheSinkThrows() {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(2)
                .slots(SLOTS)
                .maxSlots(SLOTS)
                .build();
        PoolClients.Down payload = PoolClients.down(12, 100);
        try (var trainer = new ProcessPoolClientTrainer<>(new Algorithm(12), options)) {
            for (int round = 0; round < 2 * SLOTS; round++) {
                assertThatThrownBy(() -> trainer.localProcessInBatches(payload, ids(CLIENTS), batch -> {
                            batch.forEach(PoolClients.Up::close);
                            throw new IllegalStateException("enough");
                        }))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("enough");
            }
            List<Integer> taken = new ArrayList<>();
            trainer.localProcessInBatches(
                    payload,
                    ids(CLIENTS),
                    batch -> batch.forEach(up -> {
                        taken.add(up.cid());
                        up.close();
                    }));
            assertThat(taken).isEqualTo(ids(CLIENTS));
        }
        payload.x().close();
    }

    private Path started(int cid) {
        return folder.resolve(Integer.toString(cid));
    }

    /** The expected batches of a sink that waits until the last client that was dealt has started. */
    private static final class Batches {

        private final int most;
        private int start;
        private int end;
        private int done;
        private int largest;

        Batches(int most) {
            this.most = most;
        }

        /** Notes a batch of this size and returns the clients that it must hold. */
        List<Integer> next(int size) {
            assertThat(size).isBetween(Math.max(1, Math.min(most, done - end)), most);
            largest = Math.max(largest, size);
            start = end;
            end = start + size;
            done = lastDealt();
            return IntStream.range(start, end).boxed().toList();
        }

        /** Returns the last client that is dealt so far. No client is dealt while a batch is gathered. */
        int lastDealt() {
            return Math.min(start + SLOTS, CLIENTS) - 1;
        }

        void assertAll() {
            assertThat(end).isEqualTo(CLIENTS);
            assertThat(largest).isGreaterThan(1);
        }
    }

    @Test
    void shouldCloseTheOthersOfABatchWhenConversionOfOneThrows() {
        List<Up> seen = new ArrayList<>();
        Clients clients = new Clients((cid, payload, context) -> Clients.plus(cid, payload)) {
            @Override
            public Up convertBufferToUplink(Up uplink) {
                seen.add(uplink);
                if (uplink.cid() % 2 == 1) {
                    throw new IllegalStateException("odd");
                }
                return uplink;
            }
        };
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, clients)) {
            List<Up> taken = new ArrayList<>();
            assertThatThrownBy(() -> trainer.localProcessInBatches(down, ids(CLIENTS), taken::addAll))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("odd");
            taken.forEach(Up::close);
            assertThat(seen).hasSize(2).allMatch(up -> up.value().isNull());
        }
    }

    @Test
    void shouldKeepABatchForTheCallerWhenTheRoundIsStoppedBeforeItIsHandedOver() {
        var stopping = new Clients((cid, payload, context) -> Clients.plus(cid, payload)) {
            private ClientTrainer<Down, Up> trainer;

            @Override
            public Up convertBufferToUplink(Up uplink) {
                trainer.stopEvent().set();
                return uplink;
            }
        };
        try (var trainer = Clients.trainer(ExecutionMode.MULTI_THREADED, stopping)) {
            stopping.trainer = trainer;
            assertThatThrownBy(() -> trainer.localProcessInBatches(down, ids(CLIENTS), batch -> {
                        throw new AssertionError("handed over although stopped");
                    }))
                    .isInstanceOf(StoppedException.class);
            List<Up> kept = trainer.uplinkPackage();
            assertThat(kept).isNotEmpty().extracting(Up::cid).isEqualTo(ids(kept.size()));
            kept.forEach(Up::close);
        }
    }

    @Test
    void shouldRefuseANullSinkAtTheCall() {
        try (var trainer = Clients.trainer(ExecutionMode.SINGLE_THREADED, Clients.adding())) {
            assertThatThrownBy(() -> trainer.localProcessInBatches(down, ids(1), null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("sink");
        }
    }

    @Test
    void shouldGiveListsOfOneByDefault() {
        List<List<String>> batches = new ArrayList<>();
        new OneByOne().localProcessInBatches("payload", List.of(3, 1), batches::add);

        new OneByOne().localProcessInAnyOrder("payload", List.of(2), batches::add);

        assertThat(batches).containsExactly(List.of("payload 3"), List.of("payload 1"), List.of("payload 2"));
    }

    /** A trainer that overrides neither {@code localProcessInBatches} nor {@code localProcessInAnyOrder}. */
    private static final class OneByOne implements StreamingTrainer<String> {

        @Override
        public void localProcess(String payload, List<Integer> cids, Consumer<? super String> sink) {
            cids.forEach(cid -> sink.accept(payload + " " + cid));
        }
    }
}
