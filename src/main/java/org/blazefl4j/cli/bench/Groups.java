package org.blazefl4j.cli.bench;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.LabCase;

/** Groups comparable results, in the order in which they were measured. */
final class Groups {

    private Groups() {}

    static Collection<List<CaseResult>> byWork(List<CaseResult> results) {
        return by(results, Groups::workOf);
    }

    static Collection<List<CaseResult>> by(List<CaseResult> results, Function<CaseResult, Object> key) {
        return results.stream()
                .collect(Collectors.groupingBy(key, LinkedHashMap::new, Collectors.toList()))
                .values();
    }

    /** Returns text such as {@code empty rounds, 62006 floats}. */
    static String workOf(CaseResult result) {
        LabCase which = result.which();
        return which.work().kind() + " rounds, " + which.work().size();
    }

    /** Returns text such as {@code multi-process, 2 workers}. */
    static String executionOf(CaseResult result) {
        LabCase which = result.which();
        return which.mode() + ", " + count(which.workers(), "worker");
    }

    /** Returns text such as {@code 1 client} or {@code 10 clients}. */
    static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
