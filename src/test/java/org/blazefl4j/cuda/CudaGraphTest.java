package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Context;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Graphs of the native layer, with a stand-in for LibTorch's CUDA library, compiled here, that notes what it is asked
 * for.
 */
final class CudaGraphTest {

    private static final String MADE = "make;begin pool thread;";

    private static BytePointer calls;
    private static BytePointer fails;

    /** An allocator that notes what it is asked for. */
    private static final class Pools implements CudaGraph.Pools {
        private final List<String> notes = new ArrayList<>();
        private final List<Long> ended = new ArrayList<>();
        private boolean mends;
        private int returned;

        @Override
        public void end(String device, long pool) {
            notes.add("end " + device);
            ended.add(pool);
            if (mends) {
                fails.putString("");
            }
        }

        @Override
        public void release(String device, long pool) {
            notes.add("release " + device);
            assertThat(pool).isEqualTo(ended.get(ended.size() - 1));
        }

        @Override
        public void returnUnused() {
            assertThat(Thread.holdsLock(CudaGraph.LOCK)).isTrue();
            returned++;
        }

        @Override
        public void afterAll(String device, Runnable free) {
            assertThat(Thread.holdsLock(CudaGraph.LOCK)).isTrue();
            notes.add("free on " + device + " after " + called());
            free.run();
        }
    }

    private final Pools pools = new Pools();

    @BeforeAll
    static void load(@TempDir Path folder) throws IOException, InterruptedException {
        LibTorch.load();
        assumeFalse(Context.hasCUDART(), "LibTorch's own CUDA library is loaded");
        Path library = folder.resolve("libtorch_cuda.so");
        Process compiler = new ProcessBuilder(
                        Optional.ofNullable(System.getenv("CXX")).orElse("c++"),
                        "-std=c++17",
                        "-shared",
                        "-fPIC",
                        "-Wl,-soname,libtorch_cuda.so",
                        "-o",
                        library.toString(),
                        "native/test/cuda/fake_torch.cpp")
                .inheritIO()
                .start();
        assertThat(compiler.waitFor()).isZero();
        Loader.loadGlobal(library.toString());
        calls = new BytePointer(Loader.addressof("fake_torch_calls"));
        fails = new BytePointer(Loader.addressof("fake_torch_throws"));
    }

    @BeforeEach
    void begin() {
        failAt("");
    }

    private static void failAt(String call) {
        calls.putString("");
        fails.putString(call);
    }

    /** Returns the calls, without the numbers of pools. */
    private static String called() {
        return calls.getString().replaceAll("0\\.\\d+", "pool");
    }

    private CudaGraph capture(Runnable work) {
        return CudaGraph.capture("cuda:1", work, pools);
    }

    @Test
    void shouldCaptureOnceReplayOftenAndFreeOnce() {
        CudaGraph graph = capture(() -> {
            assertThat(called()).isEqualTo(MADE);
            assertThat(Thread.holdsLock(CudaGraph.LOCK)).isTrue();
        });
        graph.replay();
        graph.replay();
        graph.close();
        graph.close();
        assertThat(called()).isEqualTo(MADE + "end;replay;replay;reset;destroy;");
        assertThat(pools.notes).containsExactly("free on cuda:1 after " + MADE + "end;replay;replay;");
    }

    @Test
    void shouldEndTheCaptureOfWorkThatThrows() {
        ArithmeticException thrown = new ArithmeticException("work");
        assertThatThrownBy(() -> capture(() -> {
                    throw thrown;
                }))
                .isSameAs(thrown)
                .hasNoSuppressedExceptions();
        assertThat(called()).isEqualTo(MADE + "end;reset;destroy;");
        assertThat(pools.notes).isEmpty();
    }

    @Test
    void shouldEndTheCaptureOfWorkThatBreaksDown() {
        assertThatThrownBy(() -> capture(() -> {
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThat(called()).isEqualTo(MADE + "end;reset;destroy;");
    }

    @Test
    void shouldTellWhatLibTorchThrew() {
        failAt("make");
        assertThatThrownBy(() -> capture(() -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("cannot begin a graph: error=125, found=cannot make");
        failAt("end");
        assertThatThrownBy(() -> capture(() -> {})).hasMessage("cannot end a graph: error=125, found=cannot end");
        // each time for the graph and for the empty one that is captured then
        assertThat(Collections.frequency(pools.notes, "end cuda:1")).isEqualTo(4);
        assertThat(Collections.frequency(pools.notes, "release cuda:1")).isEqualTo(4);
        assertThat(pools.ended).doesNotHaveDuplicates();

        failAt("replay");
        try (CudaGraph graph = capture(() -> {})) {
            assertThatThrownBy(graph::replay).hasMessage("cannot replay a graph: error=125, found=cannot replay");
        }
        failAt("reset");
        CudaGraph graph = capture(() -> {});
        assertThatThrownBy(graph::close).hasMessage("cannot free a graph: error=125, found=cannot reset");
        graph.close();
    }

    /** A failure to tidy up does not hide what failed. */
    @Test
    void shouldKeepTheFirstFailure() {
        failAt("end");
        List<String> notes = new ArrayList<>();
        CudaGraph.Pools refusing = new CudaGraph.Pools() {
            @Override
            public void end(String device, long pool) {
                fails.putString("");
                throw new UnsatisfiedLinkError("no allocator");
            }

            @Override
            public void release(String device, long pool) {
                notes.add("release");
            }

            @Override
            public void returnUnused() {}

            @Override
            public void afterAll(String device, Runnable free) {}
        };
        assertThatThrownBy(() -> CudaGraph.capture("cuda", () -> {}, refusing))
                .hasMessage("cannot end a graph: error=125, found=cannot end")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement()
                        .satisfies(each -> assertThat(each).hasMessage("no allocator")));
        assertThat(notes).containsExactly("release");
    }

    /** LibTorch lets the device's generator be drawn from after a capture that ended well, not after another. */
    @Test
    void shouldCaptureAnEmptyGraphAfterAFailure() {
        for (String call : List.of("make", "end")) {
            failAt(call);
            pools.mends = true;
            assertThatThrownBy(() -> capture(() -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasNoSuppressedExceptions();
            assertThat(called()).as(call).endsWith(MADE + "end;reset;destroy;");
        }
        assertThat(pools.notes).containsExactly("end cuda:1", "release cuda:1", "end cuda:1", "release cuda:1");
    }

    /** Else a device whose memory LibTorch keeps for other streams would refuse what a step without a graph gets. */
    @Test
    void shouldReturnUnusedMemoryBeforeItCaptures() {
        capture(() -> assertThat(pools.returned).isOne()).close();
        assertThat(pools.returned).isOne();
    }

    @Test
    void shouldNotCaptureAStreamThatWorkersShare() throws Exception {
        StreamLeases leases = new StreamLeases();
        WorkerStream.Streams one = new WorkerStream.Streams() {
            @Override
            public boolean exist() {
                return true;
            }

            @Override
            public WorkerStream.Stream create(int device) {
                return new WorkerStream.Stream() {
                    @Override
                    public long id() {
                        return 7;
                    }

                    @Override
                    public void enter() {}

                    @Override
                    public void await() {}

                    @Override
                    public void leave() {}

                    @Override
                    public void close() {}
                };
            }
        };
        try (WorkerStream worker = new WorkerStream(one, leases);
                WorkerStream other = new WorkerStream(one, leases)) {
            worker.on(0, () -> capture(() -> {})).close();
            failAt("");
            other.on(0, () -> null);
            assertThatThrownBy(() -> worker.on(0, () -> capture(() -> {}))).isInstanceOf(SharedStreamException.class);
            assertThat(called()).isEmpty();
        }
    }

    /** After such an error LibTorch frees nothing, and says so at each call. */
    @Test
    void shouldCloseQuietlyOnceCudaIsLost() {
        CudaGraph graph = capture(() -> {});
        failAt("reset");
        CudaErrors.note(new IllegalStateException("CUDA error: an illegal memory access was encountered"));
        try {
            graph.close();
        } finally {
            CudaErrors.forget();
        }
        assertThat(called()).isEmpty();
        assertThat(pools.notes).isEmpty();
    }
}
