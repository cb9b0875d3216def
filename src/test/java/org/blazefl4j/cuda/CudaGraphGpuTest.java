package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.blazefl4j.binding.OnGpu;
import org.blazefl4j.binding.Retained;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Graphs of a real device. */
@OnGpu
final class CudaGraphGpuTest {

    private static final String NAME = "cuda:0";

    private static Tensor ones() {
        try (Device device = new Device(NAME);
                Tensor here = torch.ones(1000)) {
            return here.to(device, ScalarType.Float);
        }
    }

    /** Doubles elements, by memory of the graph's own. */
    private static void twice(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            tensor.copy_(tensor.mul(new Scalar(2)));
        }
    }

    private static double first(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.narrow(0, 0, 1).item_double();
        }
    }

    @Test
    void shouldDoNothingWhileItCapturesAndAllOfItAtEachReplay() throws Exception {
        new WorkerStream().on(0, () -> {
            try (Tensor tensor = Retained.free(CudaGraphGpuTest::ones)) {
                twice(tensor);
                try (CudaGraph graph = CudaGraph.capture(NAME, () -> twice(tensor))) {
                    assertThat(first(tensor)).isEqualTo(2);
                    graph.replay();
                    graph.replay();
                    assertThat(first(tensor)).isEqualTo(8);
                }
            }
            return null;
        });
    }

    /** As by a model that waits for the device. LibTorch must return memory afterwards, and capture again. */
    @Test
    void shouldLeaveTheStreamAndTheAllocatorUsableAfterAFailure() throws Exception {
        new WorkerStream().on(0, () -> {
            try (Tensor tensor = Retained.free(CudaGraphGpuTest::ones)) {
                twice(tensor);
                for (int i = 0; i < 3; i++) {
                    assertThatThrownBy(() -> CudaGraph.capture(NAME, () -> {
                                twice(tensor);
                                first(tensor);
                            }))
                            .isInstanceOf(RuntimeException.class);
                    twice(tensor);
                    CudaMemory.release();
                }
                assertThat(first(tensor)).isEqualTo(16);
                try (CudaGraph graph = CudaGraph.capture(NAME, () -> twice(tensor))) {
                    graph.replay();
                    assertThat(first(tensor)).isEqualTo(32);
                }
            }
            return null;
        });
    }

    /** LibTorch refuses draws from a device's default generator while it takes it to be captured. */
    @Test
    void shouldLetTheDefaultGeneratorBeDrawnFromAfterAFailure() throws Exception {
        try (WorkerStream stream = new WorkerStream()) {
            stream.on(0, () -> {
                try (Tensor tensor = Retained.free(CudaGraphGpuTest::ones)) {
                    twice(tensor);
                    assertThatThrownBy(() -> CudaGraph.capture(NAME, () -> first(tensor)))
                            .isInstanceOf(RuntimeException.class)
                            .hasNoSuppressedExceptions();
                    tensor.uniform_();
                    assertThat(first(tensor)).isBetween(0.0, 1.0);
                }
                return null;
            });
        }
    }

    @Test
    void shouldEndTheCaptureOfWorkThatThrows() throws Exception {
        new WorkerStream().on(0, () -> {
            try (Tensor tensor = Retained.free(CudaGraphGpuTest::ones)) {
                ArithmeticException thrown = new ArithmeticException("work");
                assertThatThrownBy(() -> CudaGraph.capture(NAME, () -> {
                            twice(tensor);
                            throw thrown;
                        }))
                        .isSameAs(thrown);
                assertThat(first(tensor)).isOne();
                CudaMemory.release();
            }
            return null;
        });
    }
}
