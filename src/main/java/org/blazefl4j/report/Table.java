package org.blazefl4j.report;

import java.util.List;
import java.util.Map;

/**
 * Text and numbers in rows. The first cell of a row names it.
 *
 * @param caption what the table shows; may be empty
 * @param head the names of the columns
 */
public record Table(String caption, List<String> head, List<List<String>> rows) implements Part {

    /** Returns a table of named values. */
    public static Table ofNamed(String caption, Map<String, ?> values) {
        return new Table(
                caption,
                List.of("", ""),
                values.entrySet().stream()
                        .map(each -> List.of(each.getKey(), String.valueOf(each.getValue())))
                        .toList());
    }

    @Override
    public Map<String, Object> toMap() {
        return Map.of("kind", "table", "caption", caption, "head", head, "rows", rows);
    }
}
