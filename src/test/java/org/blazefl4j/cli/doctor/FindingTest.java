package org.blazefl4j.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.blazefl4j.cuda.CudaState;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Bytes;
import org.junit.jupiter.api.Test;

final class FindingTest {

    private static final long GIBIBYTE = 1L << 30;

    /** A machine without problems. */
    private static final class Parts {
        CudaState cuda = new CudaState(CudaState.Kind.CPU_BUILD, List.of(), "", 0);
        String versions = "none";
        boolean oneDnn = true;
        List<LibTorch.Untuned> untuned = List.of();
        boolean nativeAccess = true;
        String features = "sse4.2 avx avx2 fma";
        String capabilityLimit;
        int cudaDevices;
        long sharedFree = GIBIBYTE;
        long memoryFree = 8 * GIBIBYTE;
        double load;

        Machine machine() {
            NumericEnvironment numbers = new NumericEnvironment(
                    "1.0.0",
                    "2.10.0",
                    "1.5.13",
                    "glibc 2.36",
                    "OpenBLAS",
                    "a processor",
                    features,
                    "L1 32K",
                    "AVX2",
                    "v3",
                    "none",
                    versions,
                    oneDnn,
                    "Float",
                    "HIGHEST",
                    "TF32",
                    "TF32",
                    false,
                    false,
                    false,
                    true,
                    false,
                    1);
            return new Machine(
                    numbers,
                    untuned,
                    nativeAccess,
                    4,
                    capabilityLimit,
                    cuda,
                    cudaDevices,
                    "/dev/shm",
                    sharedFree,
                    memoryFree,
                    load);
        }
    }

    private final Parts parts = new Parts();

    private void finds(String problem, String remedy) {
        assertThat(Finding.of(parts.machine())).containsExactly(new Finding(problem, remedy));
    }

    @Test
    void shouldFindNothingOnATunedMachine() {
        assertThat(Finding.of(parts.machine())).isEmpty();
    }

    @Test
    void shouldReportUntunedSettingsWithTheirFlags() {
        parts.untuned = List.of(new LibTorch.Untuned("slow", "-Dfast=1"));

        finds("slow", "-Dfast=1, or call LibTorch.tune() at the start of main");
    }

    @Test
    void shouldFindAProcessorWithoutVectors() {
        parts.features = "sse4.2";

        finds(
                "the processor has no AVX2, so LibTorch's kernels are slow",
                "use another processor; in a virtual machine, pass the host's features through (qemu: -cpu host)");
    }

    @Test
    void shouldFindLimitedKernels() {
        parts.capabilityLimit = "default";

        finds("LibTorch's kernels are limited by ATEN_CPU_CAPABILITY=default", "unset ATEN_CPU_CAPABILITY");
    }

    @Test
    void shouldFindOneDnnSwitchedOff() {
        parts.oneDnn = false;

        finds("oneDNN is disabled, so convolutions are slow", "torch.globalContext().setUserEnabledMkldnn(true)");
    }

    @Test
    void shouldFindASmallSharedFolder() {
        parts.sharedFree = 64 << 20;

        finds(
                "/dev/shm has only 64 MiB free, so segments of large models fall back to memfd",
                "--shm-size=1g for a container, otherwise mount -o remount,size=1g /dev/shm");
    }

    @Test
    void shouldFindTooLittleMemoryForAWorkerPerCore() {
        parts.memoryFree = GIBIBYTE;

        finds(
                "memory for only 3 worker processes of 300 MiB on 4 cores",
                "--num-parallels 3 or --execution-mode multi-threaded");
    }

    @Test
    void shouldFindTooLittleMemoryForTheWorkersOfARun() {
        assertThat(Finding.ofWorkers(3, 4 * 300 * Bytes.MEBIBYTE)).isEmpty();
        assertThat(Finding.ofWorkers(8, GIBIBYTE))
                .hasValue(new Finding(
                        "memory for only 2 worker processes of 300 MiB but 8 start: free=1.0 GiB",
                        "--num-parallels 2 or --execution-mode multi-threaded"));
    }

    @Test
    void shouldFindABusyMachine() {
        parts.load = 3.2;

        finds(
                "the machine was busy in the last minute: load average 3.20 on 4 cores; measured times are too long",
                "stop other programs, wait a minute, and measure again");
    }

    @Test
    void shouldFindCudaDevicesThatCannotBeUsed() {
        parts.cudaDevices = 2;

        finds("this LibTorch cannot use the CUDA devices: devices=2", "build with -Pgpu");

        parts.cuda = new CudaState(CudaState.Kind.DEVICES, List.of(), "", 2);
        parts.versions = "CUDA 13010, cuDNN 91900";
        assertThat(Finding.of(parts.machine())).isEmpty();
        assertThat(parts.machine().toText().lines())
                .contains("  LibTorch           2.10.0 with CUDA 13010, cuDNN 91900", "  CUDA devices       2");
    }

    @Test
    void shouldNameCudaLibrariesThatAreMissing() {
        parts.cudaDevices = 2;
        parts.cuda =
                new CudaState(CudaState.Kind.LIBRARIES_MISSING, List.of("libcublas.so.13", "libcudnn.so.9"), "", 0);

        finds(
                "LibTorch's CUDA build finds no devices: libraries missing: libcublas.so.13, libcudnn.so.9",
                "install CUDA 13, cuDNN 9 and NCCL 2, or set LD_LIBRARY_PATH");
        assertThat(parts.machine().toText().lines())
                .contains(
                        "  LibTorch           2.10.0, built with CUDA, whose libraries are missing",
                        "  CUDA devices       none: libraries missing: libcublas.so.13, libcudnn.so.9");
    }

    @Test
    void shouldQuoteTheDriverThatIsMissing() {
        parts.cuda = new CudaState(CudaState.Kind.NO_DRIVER, List.of(), "no CUDA-capable device is detected", 0);

        finds(
                "LibTorch's CUDA build finds no devices: no CUDA-capable device is detected",
                "run on a machine with a GPU and a driver for CUDA 13, 580 or newer");
    }

    @Test
    void shouldFindNativeAccessThatJavaWarnsAbout() {
        parts.nativeAccess = false;

        finds(
                "Java warns about native access, and later versions will refuse it",
                "--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void shouldDescribeTheMachine() {
        assertThat(parts.machine().toText().lines())
                .contains(
                        "versions",
                        "  LibTorch           2.10.0, built without CUDA",
                        "  CUDA devices       none: LibTorch was built without CUDA",
                        "  cores              4",
                        "  features           sse4.2 avx avx2 fma",
                        "  /dev/shm           1.0 GiB free",
                        "  memory             8.0 GiB free");
    }
}
