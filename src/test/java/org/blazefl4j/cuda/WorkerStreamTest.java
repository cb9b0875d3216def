package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.pytorch.AutogradState;
import org.junit.jupiter.api.Test;

/** Streams that note what is done to them, and LibTorch's setting for backward passes. */
final class WorkerStreamTest {

    static {
        LibTorch.load();
    }

    private static final class Notes implements WorkerStream.Streams {

        private final List<String> all = new ArrayList<>();
        private boolean exist = true;
        private String refuses = "";

        @Override
        public boolean exist() {
            return exist;
        }

        @Override
        public WorkerStream.Stream create(int device) {
            note("create " + device);
            return new WorkerStream.Stream() {
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
                throw new IllegalStateException(what);
            }
        }
    }

    private final Notes notes = new Notes();
    private final WorkerStream stream = new WorkerStream(notes);

    private static boolean backwardHasThreads() {
        try (AutogradState state = AutogradState.get_tls_state()) {
            return state.get_multithreading_enabled();
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

    @Test
    void shouldOnlyCallTheClientWithoutDevices() throws Exception {
        notes.exist = false;
        assertThat(stream.on(0, WorkerStreamTest::backwardHasThreads)).isTrue();
        assertThat(notes.all).isEmpty();
    }
}
