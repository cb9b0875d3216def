package org.blazefl4j.trainer;

import java.util.List;

/** The library's threads in this process. */
final class WorkerThreadNames {

    private WorkerThreadNames() {}

    static List<String> alive() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.matches("blazefl4j-\\d+-worker-\\d+"))
                .sorted()
                .toList();
    }
}
