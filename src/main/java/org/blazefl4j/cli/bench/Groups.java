package org.blazefl4j.cli.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.blazefl4j.lab.CaseResult;
import org.blazefl4j.lab.LabCase;

/** Groups comparable results, in the order in which they were measured. */
final class Groups {

    private Groups() {}

    /** Groups by what a round does. */
    static Collection<List<CaseResult>> byWork(List<CaseResult> results) {
        return by(results, Groups::workOf);
    }

    /** Groups by the number of clients. */
    static Collection<List<CaseResult>> byClients(List<CaseResult> results) {
        return by(results, result -> result.which().clients());
    }

    static Collection<List<CaseResult>> by(List<CaseResult> results, Function<CaseResult, Object> key) {
        Map<Object, List<CaseResult>> groups = new LinkedHashMap<>();
        results.forEach(result -> groups.computeIfAbsent(key.apply(result), k -> new ArrayList<>())
                .add(result));
        return groups.values();
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
