package org.blazefl4j.cli.doctor;

import java.util.Locale;
import org.blazefl4j.cli.console.Bytes;
import org.blazefl4j.cli.console.Version;

/** Describes a machine, for people to read and to paste into a question. */
final class MachineReport {

    private final StringBuilder text = new StringBuilder();

    private MachineReport() {}

    static String of(Machine machine) {
        MachineReport report = new MachineReport();
        report.addVersions(machine);
        report.addProcessor(machine);
        report.addMemory(machine);
        report.addTitle("worker processes");
        report.addLine("class archive", machine.archive());
        return report.text.toString();
    }

    private void addVersions(Machine machine) {
        String cuda =
                machine.hasLibTorchForCuda() ? " with " + machine.numbers().cuda() : ", built without CUDA";
        addTitle("versions");
        addLine("BlazeFL4J", Version.blazefl4j());
        addLine("Java", Version.java() + ", " + System.getProperty("java.vm.name"));
        addLine("LibTorch", machine.numbers().libTorch() + cuda);
        addLine("JavaCPP", machine.numbers().javaCpp());
        addLine("BLAS", machine.numbers().blas());
        addLine("oneDNN", machine.numbers().oneDnn() + (machine.numbers().oneDnnEnabled() ? "" : ", disabled"));
    }

    private void addProcessor(Machine machine) {
        String devices = machine.cudaDevices() > 0
                ? Integer.toString(machine.cudaDevices())
                : "none: " + machine.cudaDisabledReason();
        addTitle("processor");
        addLine("cores", Integer.toString(machine.cores()));
        addLine("features", machine.features());
        addLine("LibTorch's kernels", machine.numbers().cpuCapability());
        addLine(
                "intra-op threads",
                "1 in training unless set; " + machine.numbers().intraOpThreads() + " elsewhere");
        addLine("CUDA devices", devices);
    }

    private void addMemory(Machine machine) {
        addTitle("memory");
        addLine(
                "malloc",
                "blocks up to " + Bytes.text(machine.mallocHeapLimit()) + " from its heap; kept " + machine.mallocKept()
                        + " of " + Machine.PROBES + " freed blocks of " + Bytes.text(Machine.PROBE_BYTES));
        addLine(
                "JavaCPP's check",
                machine.javaCppLimit() == 0
                        ? "off"
                        : "at every allocation, against " + Bytes.text(machine.javaCppLimit()));
        addLine("Java heap", Bytes.text(machine.javaHeap()) + " at most");
        addLine(machine.sharedFolder(), Bytes.text(machine.sharedFree()) + " free");
        addLine(
                "control group",
                machine.memoryLimit() == Long.MAX_VALUE ? "no limit" : Bytes.text(machine.memoryLimit()) + " at most");
        addLine("memory", Bytes.text(machine.memoryFree()) + " free");
    }

    private void addTitle(String title) {
        text.append(String.format(Locale.ROOT, "%s%s%n", text.isEmpty() ? "" : System.lineSeparator(), title));
    }

    private void addLine(String name, String value) {
        text.append(String.format(Locale.ROOT, "  %-18s %s%n", name, value));
    }
}
