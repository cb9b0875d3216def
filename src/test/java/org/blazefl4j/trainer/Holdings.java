package org.blazefl4j.trainer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Resources that this process holds for the library: threads, child processes, shared memory, descriptors, and names in
 * {@code /dev/shm}, which exist for a moment only.
 */
final class Holdings {

    private final Map<String, Long> amounts = new HashMap<>();

    private Holdings() {
        Conditions.ownThreads().forEach(thread -> count("thread " + thread));
        ProcessHandle.current().children().forEach(child -> count("child process"));
        amounts.put("mapped segment", Conditions.segmentsMapped());
        each(Path.of("/proc/self/fd"), this::countDescriptor);
        each(Path.of("/dev/shm"), file -> countIf("name in /dev/shm", file, "blazefl4j"));
    }

    /** Counts now. */
    static Holdings now() {
        return new Holdings();
    }

    /** Waits until this process holds no more of anything than at the count; fails if it never does. */
    void awaitNoMore() {
        Conditions.await(() -> "no more held than before: " + excess(), () -> excess().isEmpty());
    }

    private Map<String, Long> excess() {
        Map<String, Long> excess = new TreeMap<>(now().amounts);
        excess.replaceAll((what, amount) -> amount - amounts.getOrDefault(what, 0L));
        excess.values().removeIf(amount -> amount <= 0);
        return excess;
    }

    private void count(String what) {
        amounts.merge(what, 1L, Long::sum);
    }

    private void countIf(String what, Path file, String start) {
        if (file.getFileName().toString().startsWith(start)) {
            count(what);
        }
    }

    private interface Visitor {
        void visit(Path entry);
    }

    private static void each(Path folder, Visitor visitor) {
        try (Stream<Path> entries = Files.list(folder)) {
            entries.forEach(visitor::visit);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Counts a descriptor by its kind, without the numbers of pipes and segments. Skips files of the JVM itself. */
    private void countDescriptor(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            boolean jvms = target.startsWith("/proc/")
                    || target.endsWith(".jar")
                    || target.endsWith("/modules")
                    || target.endsWith("random");
            if (!jvms) {
                String kind = Conditions.isSegment(descriptor) ? "segment" : target.replaceAll("[0-9]+", "#");
                count("descriptor of " + kind);
            }
        } catch (IOException closed) {
            return;
        }
    }
}
