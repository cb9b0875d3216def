package org.blazefl4j.cli.verify;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A value that two runs have not in common.
 *
 * @param name its name in result files
 * @param first what the first run has; null for nothing
 * @param second what the second run has; null for nothing
 */
record Difference(String name, Object first, Object second) {

    /** The values that differ between two maps, in the first one's order, then the second one's. */
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
