package org.blazefl4j.report;

import java.util.List;
import java.util.Map;

/**
 * Parts that the reader unfolds.
 *
 * @param title what is shown of them before
 */
public record Details(String title, List<Part> parts) implements Part {

    /** Creates details of one part. */
    public Details(String title, Part part) {
        this(title, List.of(part));
    }

    @Override
    public Map<String, Object> toMap() {
        return Map.of(
                "kind",
                "details",
                "title",
                title,
                "parts",
                parts.stream().map(Part::toMap).toList());
    }
}
