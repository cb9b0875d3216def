package org.blazefl4j.cli.verify;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A value that differs between two runs.
 *
 * @param name its name in result files
 * @param first the value of the first run; null if it has none
 * @param second the value of the second run; null if it has none
 */
record Difference(String name, Object first, Object second) {

    /** Returns the values that differ between two maps, in the order of the first, then of the second map. */
    static List<Difference> between(Map<String, Object> first, Map<String, Object> second) {
        Set<String> names = new LinkedHashSet<>(first.keySet());
        names.addAll(second.keySet());
        List<Difference> differences = new ArrayList<>();
        for (String name : names) {
            if (!Objects.equals(first.get(name), second.get(name))) {
                differences.add(new Difference(name, first.get(name), second.get(name)));
            }
        }
        return differences;
    }
}
