package org.blazefl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.blazefl4j.cuda.CudaState.Kind;
import org.junit.jupiter.api.Test;

/** The four states, by what LibTorch and the linker would answer. */
final class CudaStateTest {

    /** A LibTorch with CUDA, all libraries, a driver and two devices. */
    private static final class Fake implements CudaState.Answers {
        boolean runtime = true;
        String settings = "BLAS_INFO=open, CUDA_VERSION=13.1, USE_CUDA=1";
        final Map<String, String> refusals = new HashMap<>();
        int devices = 2;
        String whyNone = "";

        void lacks(String library) {
            refusals.put(library, library + ": cannot open shared object file: No such file or directory");
        }

        @Override
        public boolean hasRuntime() {
            return runtime;
        }

        @Override
        public String buildSettings() {
            return settings;
        }

        @Override
        public String refusal(String library) {
            return refusals.getOrDefault(library, "");
        }

        @Override
        public int devices() {
            assertThat(runtime).as("asks for devices only with LibTorch's CUDA").isTrue();
            return devices;
        }

        @Override
        public String whyNone() {
            return whyNone;
        }
    }

    private final Fake fake = new Fake();

    private CudaState state() {
        return CudaState.of(fake);
    }

    @Test
    void shouldFindDevices() {
        assertThat(state()).isEqualTo(new CudaState(Kind.DEVICES, List.of(), "", 2));
        assertThat(state().hasDevices()).isTrue();
        assertThat(state().describe()).isEqualTo("2");
        assertThatIllegalStateException()
                .isThrownBy(() -> state().refusal("cuda"))
                .withMessage("there are devices: 2");
    }

    @Test
    void shouldTellABuildWithoutCuda() {
        fake.runtime = false;
        fake.settings = "BLAS_INFO=open, USE_CUDA=0";

        assertThat(state().kind()).isEqualTo(Kind.CPU_BUILD);
        assertThat(state().describe()).isEqualTo("none: LibTorch was built without CUDA");
        assertThat(state().refusal("cuda:1"))
                .isEqualTo("no CUDA in this LibTorch: device=cuda:1, found=CPU build, expected=the -gpu build;"
                        + " build with -Pgpu, or choose cpu");
    }

    @Test
    void shouldNameLibrariesThatAreMissing() {
        fake.runtime = false;
        fake.lacks("libcudnn.so.9");
        fake.lacks("libcublas.so.13");
        fake.lacks("libcuda.so.1"); // which comes after them

        assertThat(state().kind()).isEqualTo(Kind.LIBRARIES_MISSING);
        assertThat(state().describe()).isEqualTo("none: libraries missing: libcublas.so.13, libcudnn.so.9");
        assertThat(state().refusal("cuda"))
                .isEqualTo("CUDA libraries missing: device=cuda, missing=libcublas.so.13, libcudnn.so.9,"
                        + " expected=all of libcudart.so.13, libcublas.so.13, libcublasLt.so.13, libcudnn.so.9,"
                        + " libcufft.so.12, libcufile.so.0, libcurand.so.10, libcusolver.so.12, libcusparse.so.12,"
                        + " libnccl.so.2; install CUDA 13, cuDNN 9 and NCCL 2, or set LD_LIBRARY_PATH, or choose cpu");
    }

    @Test
    void shouldTellLibrariesThatDoNotFit() {
        fake.runtime = false;

        assertThat(state().describe()).isEqualTo("none: libraries missing: a symbol of libtorch_cuda.so");
    }

    @Test
    void shouldQuoteTheLinkerWithoutADriver() {
        fake.devices = 0;
        fake.lacks("libcuda.so.1");
        fake.whyNone = "not asked";

        assertThat(state().kind()).isEqualTo(Kind.NO_DRIVER);
        assertThat(state().refusal("cuda"))
                .isEqualTo("no NVIDIA driver: device=cuda, found=libcuda.so.1: cannot open shared object file: No such"
                        + " file or directory, expected=a driver for CUDA 13 and a device; run on a machine with a GPU"
                        + " and a driver for CUDA 13, 580 or newer, or choose cpu");
        fake.runtime = false;
        assertThat(state().kind()).isEqualTo(Kind.NO_DRIVER);
    }

    @Test
    void shouldQuoteADriverThatFindsNoDevice() {
        fake.devices = 0;
        fake.whyNone = "no CUDA-capable device is detected";

        assertThat(state().describe()).isEqualTo("none: no CUDA-capable device is detected");
    }

    @Test
    void shouldReadThisProcess() {
        ClassLoader loader = getClass().getClassLoader();
        boolean cpuBuild = loader.getResource("org/bytedeco/pytorch/linux-x86_64/libtorch.so") != null;
        boolean gpuBuild = loader.getResource("org/bytedeco/pytorch/linux-x86_64-gpu/libtorch.so") != null;

        assertThat(cpuBuild).isNotEqualTo(gpuBuild);
        assertThat(CudaState.current().kind() == Kind.CPU_BUILD).isEqualTo(cpuBuild);
    }
}
