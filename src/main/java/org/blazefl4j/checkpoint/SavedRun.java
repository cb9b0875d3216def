package org.blazefl4j.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.blazefl4j.torch.NumericEnvironment;
import org.blazefl4j.util.Printable;

/**
 * An intact checkpoint.
 *
 * @param file the file
 * @param round the number of completed rounds
 * @param createdBy the version of the library that wrote it
 * @param configuration of the run, as text
 * @param environment the numeric environment of the run, as text
 * @param skipped one line for each later, damaged file, with its name and the damage
 */
public record SavedRun(
        Path file,
        int round,
        String createdBy,
        Map<String, String> configuration,
        Map<String, String> environment,
        List<String> skipped) {

    private static final String NONE = "none";

    /** Returns one line for each difference from another numeric environment; empty if results have the same bits. */
    public List<String> environmentDifferences(NumericEnvironment current) {
        return environmentChanges(text(current.toMap()), environment);
    }

    /** Returns one line for each difference between environments, of which the saved one may lack later components. */
    static List<String> environmentChanges(Map<String, String> current, Map<String, String> saved) {
        Map<String, String> complete = text(NumericEnvironment.EARLIER_DEFAULTS);
        complete.putAll(saved);
        return changes(current, complete);
    }

    /** Converts values to text, in the same order; null becomes {@code none}. */
    static Map<String, String> text(Map<String, ?> values) {
        Map<String, String> text = new LinkedHashMap<>();
        values.forEach((name, value) -> text.put(name, Objects.toString(value, NONE)));
        return text;
    }

    /** Returns one line for each name with different values. */
    static List<String> changes(Map<String, String> current, Map<String, String> saved) {
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
