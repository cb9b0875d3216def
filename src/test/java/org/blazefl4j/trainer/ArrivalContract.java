package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.blazefl4j.trainer.Clients.ids;
import static org.blazefl4j.trainer.Clients.plus;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.StoppedException;
import org.blazefl4j.core.WorkerContext;
import org.blazefl4j.trainer.Clients.Down;
import org.blazefl4j.trainer.Clients.Up;
import org.junit.jupiter.api.Test;

/**
 * Packages that are handed over as they arrive, in every execution mode. Client 0 is the first of the list, and ends
 * only when a test lets it. In serial, whose packages arrive in list order, it does not wait.
 */
abstract class ArrivalContract extends FailureContract {

    /** More than the board of a pool has lanes. */
    private static final int CLIENTS = 100;

    private static final int SLOTS = 4;

    private static final TrainerOptions FEW_SLOTS = TWO.toBuilder().slots(SLOTS).build();

    private final List<Integer> taken = new ArrayList<>();
    private final List<Integer> dealt = new ArrayList<>();

    ArrivalContract(ExecutionMode mode) {
        super(mode);
    }

    /** What clients do before they return their packages. */
    private enum Deed {
        NOTHING,
        /** Client 3 lets the first end and fails. */
        FAIL,
        /** Some fail always and some once; the last lets the first end. */
        FAIL_SOMETIMES;

        private static final List<Integer> ALWAYS = List.of(2, 11);
        private static final List<Integer> ONCE = List.of(0, 5, 9);

        void run(int cid, String folder) throws IOException {
            if (this == FAIL && cid == 3 || this == FAIL_SOMETIMES && cid == CLIENTS - 1) {
                letTheFirstEnd(folder);
            }
            boolean fails = this == FAIL_SOMETIMES
                    ? ALWAYS.contains(cid) || ONCE.contains(cid) && isFirstAttempt(cid, folder)
                    : this == FAIL && cid == 3;
            if (fails) {
                throw new IllegalStateException("broken");
            }
        }
    }

    /** Returns clients of which the first waits for {@link #letTheFirstEnd} and then does as all others. */
    private Clients waiting(Deed deed) {
        boolean waits = mode != ExecutionMode.SINGLE_THREADED;
        String place = folder.toString();
        return new Clients((cid, payload, context) -> train(cid, payload, context, waits, place, deed)) {
            @Override
            public Integer getClientConfig(int cid) {
                dealt.add(cid);
                return cid;
            }
        };
    }

    private static Up train(int cid, Down payload, WorkerContext context, boolean waits, String folder, Deed deed)
            throws Exception {
        Conditions.await("the first client may end", () -> {
            context.stopEvent().throwIfSet();
            return !waits || cid != 0 || Files.exists(go(folder));
        });
        Files.writeString(started(folder), cid + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        deed.run(cid, folder);
        return plus(cid, payload);
    }

    /** Returns the file in which clients note that they train, which the first one does when it may end. */
    private static Path started(String folder) {
        return Path.of(folder, "started");
    }

    private static Path go(String folder) {
        return Path.of(folder, "go");
    }

    private static void letTheFirstEnd(String folder) {
        try {
            Files.createFile(go(folder));
        } catch (FileAlreadyExistsException again) {
            // it may end already
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns whether a client has not failed yet. */
    private static boolean isFirstAttempt(int cid, String folder) throws IOException {
        try {
            Files.createFile(Path.of(folder, "tried-" + cid));
            return true;
        } catch (FileAlreadyExistsException again) {
            return false;
        }
    }

    /** Checks, notes and closes packages; then calls a test's code. */
    private Consumer<List<Up>> sink(Runnable then) {
        return batch -> {
            for (Up up : batch) {
                assertThat(up.number()).isEqualTo(100 + up.cid());
                taken.add(up.cid());
                up.close();
            }
            then.run();
        };
    }

    private void requireWholeRoundInListOrder(AbstractClientTrainer<Integer, Down, Up> trainer) {
        taken.clear();
        letTheFirstEnd(folder.toString());
        trainer.localProcessInBatches(down, ids(CLIENTS), sink(() -> {}));
        assertThat(taken).isEqualTo(ids(CLIENTS));
    }

    @Test
    void shouldHandOverAllOthersBeforeAClientThatTakesLong() throws IOException {
        List<Integer> shown = new ArrayList<>();
        var trainer = open(
                waiting(Deed.NOTHING),
                FEW_SLOTS,
                jobs -> () -> jobs.stream().peek(shown::add).iterator());

        trainer.localProcessInAnyOrder(down, ids(CLIENTS), sink(() -> {
            assertThat(dealt.size() - taken.size()).as("packages on their way").isLessThanOrEqualTo(SLOTS);
            if (taken.size() == CLIENTS - 1) {
                letTheFirstEnd(folder.toString());
            }
        }));

        assertThat(taken).as("each client once").containsExactlyInAnyOrderElementsOf(ids(CLIENTS));
        if (mode != ExecutionMode.SINGLE_THREADED) {
            assertThat(taken).last().isEqualTo(0);
        }
        assertThat(dealt).as("dealt in list order").isEqualTo(ids(CLIENTS));
        assertThat(Files.readAllLines(started(folder.toString())))
                .as("by the other worker, in list order")
                .filteredOn(cid -> !cid.equals("0"))
                .containsExactlyElementsOf(
                        ids(CLIENTS).stream().skip(1).map(String::valueOf).toList());
        assertThat(shown).as("as the list").isEqualTo(ids(CLIENTS));
        assertThat(trainer.uplinkPackage()).isEmpty();
        requireWholeRoundInListOrder(trainer);
    }

    @Test
    void shouldRetryAndDropInAnyOrder() {
        TrainerOptions options = FEW_SLOTS.toBuilder()
                .onClientFailure(FailurePolicy.retry(1).thenDrop())
                .build();
        var trainer = open(waiting(Deed.FAIL_SOMETIMES), options);

        trainer.localProcessInAnyOrder(down, ids(CLIENTS), sink(() -> {}));

        List<Integer> others = new ArrayList<>(ids(CLIENTS));
        others.removeAll(Deed.ALWAYS);
        assertThat(taken).containsExactlyInAnyOrderElementsOf(others);
        assertThat(trainer.dropped())
                .extracting(ClientFailedException::clientId)
                .isEqualTo(Deed.ALWAYS);
        assertThat(trainer.retried())
                .as("in list order")
                .extracting(ClientFailedException::clientId)
                .isEqualTo(Deed.ONCE);
    }

    @Test
    void shouldNameTheFailedClientAndKeepTheRestInListOrder() {
        var trainer = open(waiting(Deed.FAIL));

        assertThatThrownBy(() -> trainer.localProcessInAnyOrder(down, ids(CLIENTS), sink(() -> {})))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("client failed: client=3, round=1");

        List<Up> kept = trainer.uplinkPackage();
        assertThat(kept).extracting(Up::cid).isSorted();
        List<Integer> all =
                Stream.concat(taken.stream(), kept.stream().map(Up::cid)).toList();
        assertThat(all).doesNotHaveDuplicates().doesNotContain(3).contains(0, 1, 2);
        kept.forEach(Up::close);
        assertThat(trainer.uplinkPackage()).isEmpty();
    }

    @Test
    void shouldHandOverNothingMoreAfterAStopAndKeepTheRestInListOrder() {
        var trainer = open(waiting(Deed.NOTHING));

        assertThatThrownBy(() -> trainer.localProcessInAnyOrder(
                        down, ids(CLIENTS), sink(() -> trainer.stopEvent().set())))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: stop event set, round=1");

        List<Up> kept = trainer.uplinkPackage();
        assertThat(kept).extracting(Up::cid).isSorted().doesNotContainAnyElementsOf(taken);
        kept.forEach(Up::close);
        requireWholeRoundInListOrder(trainer);
    }

    /** Keeps the order of the list although the packages at hand came before others. */
    @Test
    void shouldKeepABatchInListOrderWhenTheRoundIsStoppedBeforeItIsHandedOver() {
        List<AbstractClientTrainer<?, ?, ?>> self = new ArrayList<>();
        String place = folder.toString();
        boolean waits = mode != ExecutionMode.SINGLE_THREADED;
        Clients clients =
                new Clients((cid, payload, context) -> train(cid, payload, context, waits, place, Deed.NOTHING)) {
                    @Override
                    public Up convertBufferToUplink(Up uplink) {
                        self.get(0).stopEvent().set();
                        letTheFirstEnd(place);
                        return uplink;
                    }
                };
        var trainer = open(clients);
        self.add(trainer);

        assertThatThrownBy(() -> trainer.localProcessInAnyOrder(down, ids(CLIENTS), batch -> {
                    throw new AssertionError("handed over although stopped");
                }))
                .isInstanceOf(StoppedException.class);

        List<Up> kept = trainer.uplinkPackage();
        assertThat(kept).isNotEmpty().extracting(Up::cid).isSorted();
        kept.forEach(Up::close);
    }

    @Test
    void shouldCloseInASinkOfAnyOrder() {
        var trainer = open(waiting(Deed.NOTHING));
        List<Integer> first = new ArrayList<>();

        assertThatThrownBy(() -> trainer.localProcessInAnyOrder(down, ids(CLIENTS), sink(() -> {
                    first.addAll(taken);
                    assertThat(closeTimed(trainer)).isLessThan(GRACE);
                })))
                .isInstanceOf(StoppedException.class)
                .hasMessage("stopped: trainer closed, round=1");

        assertThat(taken).isEqualTo(first);
    }

    @Test
    void shouldPassOnWhatASinkOfAnyOrderThrows() {
        IllegalStateException thrown = new IllegalStateException("sink is full");
        var trainer = open(waiting(Deed.NOTHING), FEW_SLOTS);

        assertThatThrownBy(() -> trainer.localProcessInAnyOrder(down, ids(CLIENTS), sink(() -> {
                    throw thrown;
                })))
                .isSameAs(thrown);

        assertThat(trainer.uplinkPackage()).isEmpty();
        assertThat(trainer.stopEvent().isSet()).isFalse();
        requireWholeRoundInListOrder(trainer);
    }
}
