package org.blazefl4j.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.blazefl4j.util.Printable;

/** Compares named values. */
final class Changes {

    private static final String NONE = "none";

    private Changes() {}

    /** Converts values to text, in the same order; null becomes {@code none}. */
    static Map<String, String> text(Map<String, ?> values) {
        Map<String, String> text = new LinkedHashMap<>();
        values.forEach((name, value) -> text.put(name, Objects.toString(value, NONE)));
        return text;
    }

    /** Returns one line for each name with different values. */
    static List<String> between(Map<String, String> current, Map<String, String> saved) {
        Set<String> names = new LinkedHashSet<>(current.keySet());
        names.addAll(saved.keySet());
        List<String> changes = new ArrayList<>();
        for (String name : names) {
            String mine = current.getOrDefault(name, NONE);
            String theirs = saved.getOrDefault(name, NONE);
            if (!mine.equals(theirs)) {
                changes.add(Printable.line(name + "=" + mine + " (saved: " + theirs + ")"));
            }
        }
        return changes;
    }
}
