package org.blazefl4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.blazefl4j.cli.console.Bytes;
import org.blazefl4j.torch.LibTorch;

/**
 * Something that will hurt.
 *
 * @param problem what it is
 * @param remedy how to mend it: a flag, a variable or a command
 */
public record Finding(String problem, String remedy) {

    /** What a process takes, a worker or the one that starts them. */
    private static final long PROCESS_BYTES = 300 * Bytes.MEBIBYTE;

    /** What a round of a network of eleven million parameters takes with two workers. */
    private static final long SEGMENT_BYTES = 300 * Bytes.MEBIBYTE;

    /** All that will hurt on a machine. */
    public static List<Finding> of(Machine machine) {
        List<Finding> findings = new ArrayList<>();
        LoadAverage.finding(machine.load(), machine.cores()).ifPresent(findings::add);
        for (LibTorch.Untuned untuned : machine.untuned()) {
            findings.add(
                    new Finding(untuned.problem(), untuned.remedy() + ", or LibTorch.tune() first thing in your main"));
        }
        addKernels(machine, findings);
        addSharedMemory(machine, findings);
        addMemory(machine, findings);
        addCuda(machine, findings);
        addNativeAccess(machine, findings);
        return findings;
    }

    /** In two lines. */
    public String toText() {
        return String.format(Locale.ROOT, "  ! %s%n      mend it: %s%n", problem, remedy);
    }

    private static void addKernels(Machine machine, List<Finding> findings) {
        if (machine.heldTo() != null) {
            findings.add(new Finding(
                    "LibTorch's kernels are held to ATEN_CPU_CAPABILITY=" + machine.heldTo(),
                    "unset ATEN_CPU_CAPABILITY"));
        } else if (!machine.features().contains("avx2")) {
            findings.add(
                    new Finding(
                            "the processor has no AVX2, so LibTorch's kernels take few numbers at a time",
                            "another processor; in a virtual machine one that passes the host's features on (qemu: -cpu host)"));
        }
        if (!machine.numbers().oneDnnEnabled()) {
            findings.add(new Finding(
                    "oneDNN is switched off, so convolutions are slow",
                    "torch.globalContext().setUserEnabledMkldnn(true)"));
        }
    }

    private static void addSharedMemory(Machine machine, List<Finding> findings) {
        if (machine.sharedFree() < SEGMENT_BYTES) {
            findings.add(new Finding(
                    machine.sharedFolder() + " has only " + Bytes.text(machine.sharedFree())
                            + " free, so segments of large models take anonymous memory instead",
                    "--shm-size=1g for a container, else mount -o remount,size=1g " + machine.sharedFolder()));
        }
    }

    private static void addMemory(Machine machine, List<Finding> findings) {
        long workers = machine.memoryFree() / PROCESS_BYTES;
        if (workers < machine.cores()) {
            findings.add(tooManyWorkers(workers, "on " + machine.cores() + " cores"));
        }
    }

    /**
     * What will hurt a run that is about to load LibTorch and to start worker processes.
     *
     * @param memoryFree the bytes of memory that are free, within what a control group allows
     */
    public static Optional<Finding> ofWorkers(int workers, long memoryFree) {
        long fitting = Math.max(0, memoryFree / PROCESS_BYTES - 1);
        return fitting >= workers
                ? Optional.empty()
                : Optional.of(tooManyWorkers(fitting, "where " + workers + " start: free=" + Bytes.text(memoryFree)));
    }

    private static Finding tooManyWorkers(long fitting, String where) {
        return new Finding(
                "memory for " + fitting + " worker processes of " + Bytes.text(PROCESS_BYTES) + " " + where,
                "--num-parallels " + Math.max(1, fitting) + " or --execution-mode multi-threaded");
    }

    private static void addCuda(Machine machine, List<Finding> findings) {
        if (machine.cudaDevices() > 0 && !machine.hasLibTorchForCuda()) {
            findings.add(new Finding(
                    "this LibTorch cannot use the CUDA devices: devices=" + machine.cudaDevices(),
                    "build with -Djavacpp.platform.extension=-gpu"));
        }
    }

    private static void addNativeAccess(Machine machine, List<Finding> findings) {
        if (!machine.nativeAccess()) {
            findings.add(new Finding(
                    "Java warns of native access, and a later version will refuse it",
                    "--enable-native-access=ALL-UNNAMED"));
        }
    }
}
