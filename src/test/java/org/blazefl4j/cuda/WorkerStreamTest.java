package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.AutogradState;
import org.junit.jupiter.api.Test;

/** Streams that note what is done to them, and LibTorch's setting for backward passes. */
final class WorkerStreamTest {

    static {
        LibTorch.load();
    }

    private static final class Notes implements WorkerStream.Streams {

        private final List<String> all = Collections.synchronizedList(new ArrayList<>());
        private boolean exist = true;
        private String refuses = "";
        private String words = "";
        /** The number of streams, which are handed out in turn. */
        private int pool = StreamLeases.STREAMS;

        private int made;

        @Override
        public boolean exist() {
            return exist;
        }

        @Override
        public WorkerStream.Stream create(int device) {
            note("create " + device);
            int id = made++ % pool;
            return new WorkerStream.Stream() {
                @Override
                public long id() {
                    return id;
                }

                @Override
                public void close() {
                    note("close " + device);
                }

                @Override
                public void enter() {
                    note("enter " + device);
                }

                @Override
                public void await() {
                    note("await " + device);
                }

                @Override
                public void leave() {
                    note("leave " + device);
                }
            };
        }

        private void note(String what) {
            all.add(what);
            if (what.equals(refuses)) {
                throw new IllegalStateException(what + words);
            }
        }
    }

    private final Notes notes = new Notes();
    private final StreamLeases leases = new StreamLeases();
    private final WorkerStream stream = new WorkerStream(notes, leases);

    private List<WorkerStream> others(int count) {
        return Stream.generate(() -> new WorkerStream(notes, leases))
                .limit(count)
                .toList();
    }

    /** Returns whether a client of the worker on a device could be captured. */
    private static boolean isOwn(WorkerStream worker, int device) throws Exception {
        return worker.on(device, () -> {
            try {
                WorkerStream.requireOwn();
                return true;
            } catch (SharedStreamException e) {
                return false;
            }
        });
    }

    private static boolean backwardHasThreads() {
        try (AutogradState state = AutogradState.get_tls_state()) {
            return state.get_multithreading_enabled();
        }
    }

    @Test
    void shouldNoteThatCudaIsLostWhateverTheClientThrows() {
        notes.refuses = "await 0";
        notes.words = " CUDA error: an illegal memory access was encountered";
        try {
            assertThatThrownBy(() -> stream.on(0, () -> {
                        throw new ArithmeticException("of the client");
                    }))
                    .isExactlyInstanceOf(ArithmeticException.class);
            assertThat(CudaErrors.lost()).isEqualTo("error=700 (an illegal memory access was encountered)");
        } finally {
            CudaErrors.forget();
        }
    }

    @Test
    void shouldKeepOneStreamForEachDevice() throws Exception {
        for (int device : new int[] {1, 0, 1}) {
            assertThat(stream.on(device, () -> notes.all.add("client"))).isTrue();
        }
        assertThat(notes.all)
                .containsExactly(
                        "create 1",
                        "enter 1",
                        "client",
                        "await 1",
                        "leave 1", //
                        "create 0",
                        "enter 0",
                        "client",
                        "await 0",
                        "leave 0", //
                        "enter 1",
                        "client",
                        "await 1",
                        "leave 1");
    }

    @Test
    void shouldRunBackwardPassesInTheWorkersThreadAlone() throws Exception {
        assertThat(backwardHasThreads()).isTrue();
        stream.on(0, () -> {
            assertThat(backwardHasThreads()).isFalse();
            assertThat(CompletableFuture.supplyAsync(WorkerStreamTest::backwardHasThreads)
                            .get())
                    .isTrue();
            return null;
        });
        assertThat(backwardHasThreads()).isTrue();
    }

    @Test
    void shouldPutBackWhatWasIfAClientFails() {
        assertThatThrownBy(() -> stream.on(0, () -> {
                    throw new ArithmeticException("client");
                }))
                .isInstanceOf(ArithmeticException.class);
        assertThat(notes.all).containsExactly("create 0", "enter 0", "await 0", "leave 0");
        assertThat(backwardHasThreads()).isTrue();
    }

    @Test
    void shouldTellOfTheClientsFailureFirst() {
        notes.refuses = "await 0";
        assertThatThrownBy(() -> stream.on(0, () -> {
                    throw new ArithmeticException("client");
                }))
                .hasMessage("client")
                .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
        assertThat(notes.all).endsWith("leave 0");
    }

    @Test
    void shouldFailTheClientWhoseWorkFails() {
        notes.refuses = "await 0";
        assertThatThrownBy(() -> stream.on(0, () -> 7)).hasMessage("await 0");
        assertThat(notes.all).endsWith("leave 0");
        assertThat(backwardHasThreads()).isTrue();
    }

    @Test
    void shouldNotLeaveAStreamThatItDidNotEnter() {
        notes.refuses = "enter 0";
        assertThatThrownBy(() -> stream.on(0, () -> notes.all.add("client"))).hasMessage("enter 0");
        assertThat(notes.all).containsExactly("create 0", "enter 0");
        assertThat(backwardHasThreads()).isTrue();
    }

    /** LibTorch begins anew after its last stream, so the next one may be taken while others are free. */
    @Test
    void shouldTakeAStreamThatNoOtherWorkerHas() throws Exception {
        notes.pool = 3;
        List<WorkerStream> others = others(4);
        assertThat(isOwn(stream, 0)).isTrue();
        assertThat(isOwn(others.get(0), 0)).isTrue();
        assertThat(isOwn(others.get(1), 0)).isTrue();
        assertThat(isOwn(others.get(2), 1)).as("of another device").isTrue();
        others.get(0).close();
        assertThat(isOwn(others.get(3), 0)).isTrue();
        assertThat(isOwn(stream, 0)).isTrue();
        assertThat(isOwn(others.get(1), 0)).isTrue();
    }

    @Test
    void shouldTellWhichWorkersShareAStream() throws Exception {
        notes.pool = 2;
        List<WorkerStream> others = others(2);
        List<Boolean> own = new ArrayList<>();
        for (WorkerStream each : List.of(stream, others.get(0), others.get(1), stream, others.get(0))) {
            own.add(isOwn(each, 0));
        }
        assertThat(own.subList(0, 2)).containsExactly(true, true);
        assertThat(own.get(2)).isFalse();
        assertThat(own.subList(3, 5)).as("one of them has been joined").containsExactlyInAnyOrder(true, false);

        others.get(1).close();
        assertThat(isOwn(stream, 0)).isTrue();
        assertThat(isOwn(others.get(0), 0)).isTrue();
        assertThatCode(WorkerStream::requireOwn).as("no worker").doesNotThrowAnyException();
    }

    /** Nobody joins a stream while it is captured: its work would become a part of the graph. */
    @Test
    void shouldWaitForACaptureBeforeItTakesAStream() throws Exception {
        notes.pool = 1;
        WorkerStream joining = others(1).get(0);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Boolean> joined;
        synchronized (CudaGraph.LOCK) {
            assertThat(isOwn(stream, 0)).isTrue();
            CompletableFuture<Boolean> result = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                try {
                    boolean own = isOwn(joining, 0);
                    order.add("joined");
                    result.complete(own);
                } catch (Exception e) {
                    result.completeExceptionally(e);
                }
            });
            joined = result;
            thread.start();
            while (thread.getState() != Thread.State.BLOCKED && !joined.isDone()) {
                Thread.onSpinWait();
            }
            assertThat(isOwn(stream, 0)).isTrue();
            order.add("captured");
        }
        assertThat(joined.get()).isFalse();
        assertThat(order).containsExactly("captured", "joined");
        assertThat(isOwn(stream, 0)).isFalse();
    }

    @Test
    void shouldOnlyCallTheClientWithoutDevices() throws Exception {
        notes.exist = false;
        assertThat(stream.on(0, WorkerStreamTest::backwardHasThreads)).isTrue();
        assertThat(notes.all).isEmpty();
    }
}
