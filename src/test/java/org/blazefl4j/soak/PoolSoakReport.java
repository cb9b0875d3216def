package org.blazefl4j.soak;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Prints an experiment's figures as Markdown. */
final class PoolSoakReport {

    private static final PrintStream OUT = System.out;

    private PoolSoakReport() {}

    static void print(String name, PoolSoak.Course disturbed, PoolSoak.Course quiet, Look closed) {
        int last = disturbed.hashes().size() - 1;
        OUT.println("### " + name + "\n");
        OUT.printf(
                Locale.ROOT,
                "%d workers, %d rounds, %d kills, %d stops, %d clients trained again, %.1f s; undisturbed %.1f s.%n%n",
                PoolSoak.WORKERS,
                last + 1,
                disturbed.kills(),
                disturbed.stops(),
                disturbed.retries(),
                disturbed.time().toMillis() * 1e-3,
                quiet.time().toMillis() * 1e-3);
        OUT.println("SHA-256 of the model after round " + last + ":\n");
        OUT.println("    disturbed   " + disturbed.hashes().get(last));
        OUT.println("    undisturbed " + quiet.hashes().get(last) + "\n");
        printLooks(disturbed.looks(), quiet.looks(), closed);
    }

    private static void printLooks(List<Look> disturbed, List<Look> quiet, Look closed) {
        OUT.println("| | parent: RSS MiB | private MiB | live heap MiB | descriptors | threads | segments |"
                + " worker: RSS MiB | private MiB | descriptors | threads | segments | processes | files |");
        OUT.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        printLegs("disturbed", disturbed);
        printLegs("undisturbed", quiet);
        OUT.println(row("closed", closed) + "\n");
    }

    private static void printLegs(String name, List<Look> looks) {
        for (int leg = 0; leg < looks.size(); leg++) {
            OUT.println(row(name + " " + (leg + 1) + "/" + looks.size(), looks.get(leg)));
        }
    }

    private static String row(String name, Look look) {
        Footprint parent = look.parent();
        Footprint worker = look.worker();
        return String.format(
                Locale.ROOT,
                "| %s | %.1f | %.1f | %.1f | %d | %d | %d | %.1f | %.1f | %d | %d | %d | %d | %d |",
                name,
                parent.rssKiB() / 1024.0,
                parent.privateKiB() / 1024.0,
                look.heapKiB() / 1024.0,
                parent.descriptors(),
                parent.threads(),
                parent.segments(),
                worker.rssKiB() / 1024.0,
                worker.privateKiB() / 1024.0,
                worker.descriptors(),
                worker.threads(),
                worker.segments(),
                look.children(),
                look.files());
    }
}
