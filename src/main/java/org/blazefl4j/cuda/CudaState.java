package org.blazefl4j.cuda;

import java.util.List;
import org.blazefl4j.binding.Native;
import org.blazefl4j.binding.NativeLoader;
import org.blazefl4j.torch.LibTorch;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * What there is of CUDA in this process. It cannot change while the process lives.
 *
 * @param kind how far CUDA got
 * @param missing the libraries of NVIDIA that do not load, if that is the reason
 * @param driver the driver's words, if that is the reason
 * @param devices the number of devices that LibTorch finds
 */
public record CudaState(Kind kind, List<String> missing, String driver, int devices) {

    /** How far CUDA got. */
    public enum Kind {
        /** LibTorch was built without CUDA. */
        CPU_BUILD,
        /** LibTorch was built with CUDA, and went on without since libraries are missing. */
        LIBRARIES_MISSING,
        /** LibTorch has CUDA, and the driver is missing, too old or finds no device. */
        NO_DRIVER,
        /** There are devices. */
        DEVICES
    }

    /** What LibTorch's CUDA libraries are linked to. */
    static final List<String> LIBRARIES = List.of(
            "libcudart.so.13",
            "libcublas.so.13",
            "libcublasLt.so.13",
            "libcudnn.so.9",
            "libcufft.so.12",
            "libcufile.so.0",
            "libcurand.so.10",
            "libcusolver.so.12",
            "libcusparse.so.12",
            "libnccl.so.2");

    private static final String DRIVER = "libcuda.so.1";

    /** What LibTorch and the dynamic linker say. Tests answer for them. */
    interface Answers {

        /** Returns whether LibTorch's own CUDA libraries are loaded. Needs no driver. */
        boolean hasRuntime();

        /** Returns the settings that LibTorch was built with. */
        String buildSettings();

        /** Returns why the dynamic linker does not load a library; empty if it does. */
        String refusal(String library);

        /** Returns how many devices LibTorch finds. */
        int devices();

        /** Returns why CUDA finds no device. */
        String whyNone();
    }

    /** Returns the state of this process, read once. */
    public static CudaState current() {
        return Current.STATE;
    }

    static CudaState of(Answers answers) {
        if (answers.hasRuntime()) {
            int devices = answers.devices();
            return devices > 0 ? new CudaState(Kind.DEVICES, List.of(), "", devices) : withoutDriver(answers);
        }
        if (!answers.buildSettings().contains("CUDA_VERSION=")) {
            return new CudaState(Kind.CPU_BUILD, List.of(), "", 0);
        }
        List<String> missing = LIBRARIES.stream()
                .filter(library -> !answers.refusal(library).isEmpty())
                .toList();
        if (missing.isEmpty() && !answers.refusal(DRIVER).isEmpty()) {
            return withoutDriver(answers);
        }
        return new CudaState(Kind.LIBRARIES_MISSING, missing, "", 0);
    }

    private static CudaState withoutDriver(Answers answers) {
        String refusal = answers.refusal(DRIVER);
        return new CudaState(Kind.NO_DRIVER, List.of(), refusal.isEmpty() ? answers.whyNone() : refusal, 0);
    }

    /** Returns whether there are devices. */
    public boolean hasDevices() {
        return kind == Kind.DEVICES;
    }

    /** Describes the state in a few words, as {@code doctor} prints it. */
    public String describe() {
        return switch (kind) {
            case CPU_BUILD -> "none: LibTorch was built without CUDA";
            case LIBRARIES_MISSING -> "none: libraries missing: " + names();
            case NO_DRIVER -> "none: " + driver;
            case DEVICES -> Integer.toString(devices);
        };
    }

    /** Returns what to do to have devices, for the end of a message; empty if there are some. */
    public String remedy() {
        return switch (kind) {
            case CPU_BUILD -> "build with -Pgpu";
            case LIBRARIES_MISSING -> "install CUDA 13, cuDNN 9 and NCCL 2, or set LD_LIBRARY_PATH";
            case NO_DRIVER -> "run on a machine with a GPU and a driver for CUDA 13, 580 or newer";
            case DEVICES -> "";
        };
    }

    /**
     * Returns the message of a device that is refused, because there is none.
     *
     * @param device the name of the device
     */
    public String refusal(String device) {
        String found = switch (kind) {
            case CPU_BUILD ->
                "no CUDA in this LibTorch: device=" + device + ", found=CPU build, expected=the -gpu build; ";
            case LIBRARIES_MISSING ->
                "CUDA libraries missing: device=" + device + ", missing=" + names() + ", expected=all of "
                        + String.join(", ", LIBRARIES) + "; ";
            case NO_DRIVER ->
                "no NVIDIA driver: device=" + device + ", found=" + driver
                        + ", expected=a driver for CUDA 13 and a device; ";
            case DEVICES -> throw new IllegalStateException("there are devices: " + devices);
        };
        return found + remedy() + ", or choose cpu";
    }

    /** Names what LibTorch's own library lacks if none of NVIDIA's does: an entry of it, in another version. */
    private String names() {
        return missing.isEmpty() ? "a symbol of libtorch_cuda.so" : String.join(", ", missing);
    }

    private static final class Current {

        static final CudaState STATE = read();

        private static CudaState read() {
            LibTorch.load();
            return of(new OfThisProcess());
        }
    }

    private static final class OfThisProcess implements Answers {

        @Override
        public boolean hasRuntime() {
            return Context.hasCUDART();
        }

        @Override
        public String buildSettings() {
            return torch.show_config().getString();
        }

        @Override
        public String refusal(String library) {
            try {
                Loader.loadGlobal(library);
                return "";
            } catch (UnsatisfiedLinkError e) {
                return String.valueOf(e.getMessage());
            }
        }

        /** The class of the last call needs the driver's library to load. */
        @Override
        public int devices() {
            if (!torch.hasCUDA()) {
                return 0;
            }
            NativeLoader.unpackCuda();
            return torch_cuda.device_count();
        }

        @Override
        public String whyNone() {
            return Native.cudaWhyNone();
        }
    }
}
