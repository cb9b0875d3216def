package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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

        @Override
        public void end(String device, long pool) {
            notes.add("end " + device);
            ended.add(pool);
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
        assertThat(pools.notes).containsExactly("end cuda:1", "end cuda:1");
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
        CudaGraph.Pools refusing = new CudaGraph.Pools() {
            @Override
            public void end(String device, long pool) {
                throw new UnsatisfiedLinkError("no allocator");
            }

            @Override
            public void afterAll(String device, Runnable free) {}
        };
        assertThatThrownBy(() -> CudaGraph.capture("cuda", () -> {}, refusing))
                .hasMessage("cannot end a graph: error=125, found=cannot end")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement()
                        .satisfies(each -> assertThat(each).hasMessage("no allocator")));
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
