package org.blazefl4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.blazefl4j.cuda.CudaState;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.util.Bytes;

/**
 * A configuration problem and how to fix it.
 *
 * @param problem what makes runs slow or fail
 * @param remedy the fix: a flag, a variable or a command
 */
public record Finding(String problem, String remedy) {

    /** The memory of a process, whether it is a worker or the parent. */
    private static final long PROCESS_BYTES = 300 * Bytes.MEBIBYTE;

    /** The shared memory of a round with eleven million parameters and two workers. */
    private static final long SEGMENT_BYTES = 300 * Bytes.MEBIBYTE;

    /** Other programs distort measurements above this load per core. */
    private static final double QUIET = 0.25;

    /** Returns all problems of a machine. */
    public static List<Finding> of(Machine machine) {
        List<Finding> findings = new ArrayList<>();
        ofLoad(machine.load(), machine.cores()).ifPresent(findings::add);
        for (LibTorch.Untuned untuned : machine.untuned()) {
            findings.add(new Finding(
                    untuned.problem(), untuned.remedy() + ", or call LibTorch.tune() at the start of main"));
        }
        addKernels(machine, findings);
        addMemory(machine, findings);
        ofCuda(machine).ifPresent(findings::add);
        if (!machine.nativeAccess()) {
            findings.add(new Finding(
                    "Java warns about native access, and later versions will refuse it",
                    "--enable-native-access=ALL-UNNAMED"));
        }
        return findings;
    }

    private static void addKernels(Machine machine, List<Finding> findings) {
        if (machine.capabilityLimit() != null) {
            findings.add(new Finding(
                    "LibTorch's kernels are limited by ATEN_CPU_CAPABILITY=" + machine.capabilityLimit(),
                    "unset ATEN_CPU_CAPABILITY"));
        } else if (!machine.numbers().cpuFeatures().contains("avx2")) {
            findings.add(new Finding(
                    "the processor has no AVX2, so LibTorch's kernels are slow",
                    "use another processor; in a virtual machine, pass the host's features through (qemu: -cpu host)"));
        }
        if (!machine.numbers().oneDnnEnabled()) {
            findings.add(new Finding(
                    "oneDNN is disabled, so convolutions are slow",
                    "torch.globalContext().setUserEnabledMkldnn(true)"));
        }
    }

    private static void addMemory(Machine machine, List<Finding> findings) {
        if (machine.sharedFree() < SEGMENT_BYTES) {
            findings.add(new Finding(
                    machine.sharedFolder() + " has only " + Bytes.text(machine.sharedFree())
                            + " free, so segments of large models fall back to memfd",
                    "--shm-size=1g for a container, otherwise mount -o remount,size=1g " + machine.sharedFolder()));
        }
        long workers = machine.memoryFree() / PROCESS_BYTES;
        if (workers < machine.cores()) {
            findings.add(tooManyWorkers(workers, "on " + machine.cores() + " cores"));
        }
    }

    /** Returns what keeps LibTorch from the devices of this machine, or from those that its CUDA build is for. */
    private static Optional<Finding> ofCuda(Machine machine) {
        CudaState cuda = machine.cuda();
        String problem = switch (cuda.kind()) {
            case CPU_BUILD ->
                machine.cudaDevices() == 0
                        ? ""
                        : "this LibTorch cannot use the CUDA devices: devices=" + machine.cudaDevices();
            case LIBRARIES_MISSING, NO_DRIVER ->
                "LibTorch's CUDA build finds no devices" + cuda.describe().substring("none".length());
            case DEVICES -> "";
        };
        return problem.isEmpty() ? Optional.empty() : Optional.of(new Finding(problem, cuda.remedy()));
    }

    /** Returns the problem of a machine that was busy in the last minute; empty if it was quiet. */
    static Optional<Finding> ofLoad(double load, int cores) {
        if (load <= QUIET * cores) {
            return Optional.empty();
        }
        String problem = String.format(
                Locale.ROOT,
                "the machine was busy in the last minute: load average %.2f on %d cores; measured times are too long",
                load,
                cores);
        return Optional.of(new Finding(problem, "stop other programs, wait a minute, and measure again"));
    }

    /**
     * Returns the problem of a run that is about to load LibTorch and to start worker processes, if there is one.
     *
     * @param memoryFree the free memory in bytes, within the limit of the control group
     */
    public static Optional<Finding> ofWorkers(int workers, long memoryFree) {
        long fitting = Math.max(0, memoryFree / PROCESS_BYTES - 1);
        return fitting >= workers
                ? Optional.empty()
                : Optional.of(tooManyWorkers(fitting, "but " + workers + " start: free=" + Bytes.text(memoryFree)));
    }

    private static Finding tooManyWorkers(long fitting, String where) {
        return new Finding(
                "memory for only " + fitting + " worker processes of " + Bytes.text(PROCESS_BYTES) + " " + where,
                "--num-parallels " + Math.max(1, fitting) + " or --execution-mode multi-threaded");
    }

    /** Returns two lines of text. */
    public String toText() {
        return String.format(Locale.ROOT, "  ! %s%n      fix: %s%n", problem, remedy);
    }
}
