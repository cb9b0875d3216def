package org.blazefl4j.report;

import java.util.Map;

/**
 * A paragraph.
 *
 * @param warning whether it tells of a problem
 */
public record Text(String text, boolean warning) implements Part {

    /** Creates a plain paragraph. */
    public Text(String text) {
        this(text, false);
    }

    @Override
    public Map<String, Object> toMap() {
        return Map.of("kind", warning ? "warning" : "text", "text", text);
    }
}
