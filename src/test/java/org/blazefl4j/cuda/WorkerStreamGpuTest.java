package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.blazefl4j.binding.OnGpu;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch_cuda;
import org.junit.jupiter.api.Test;

/** Streams of a real device. */
@OnGpu
final class WorkerStreamGpuTest {

    private static long current() {
        try (CUDAStream stream = torch_cuda.getCurrentCUDAStream((byte) 0)) {
            return stream.id();
        }
    }

    @Test
    void shouldComputeOnItsOwnStreamAndPutBackTheOther() throws Exception {
        long outer = current();
        WorkerStream one = new WorkerStream();
        WorkerStream other = new WorkerStream();
        long first = one.on(0, WorkerStreamGpuTest::current);
        long second = other.on(0, WorkerStreamGpuTest::current);
        assertThat(first).isNotEqualTo(outer).isNotEqualTo(second);
        assertThat(second).isNotEqualTo(outer);
        assertThat(one.on(0, WorkerStreamGpuTest::current)).isEqualTo(first);
        assertThat(current()).isEqualTo(outer);
    }

    @Test
    void shouldGoBackOnItsOwnStream() throws Exception {
        double there = new WorkerStream().on(0, () -> {
            try (PointerScope scope = new PointerScope()) {
                return CudaWarmUp.compute(new Device("cuda:0"));
            }
        });
        assertThat(there).isEqualTo(27 * 8 * 5 + 60 * 2 * 9);
    }
}
