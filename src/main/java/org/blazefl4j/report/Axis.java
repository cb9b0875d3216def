package org.blazefl4j.report;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An axis of numbers.
 *
 * @param title the quantity with its unit
 * @param logarithmic whether equal distances are equal ratios
 * @param fromZero whether the axis begins at 0, not at the lowest value
 */
public record Axis(String title, boolean logarithmic, boolean fromZero) {

    /** Returns an axis that begins at the lowest value. */
    public static Axis of(String title) {
        return new Axis(title, false, false);
    }

    /** Returns an axis that begins at 0. */
    public static Axis fromZero(String title) {
        return new Axis(title, false, true);
    }

    /** Returns a logarithmic axis. */
    public static Axis log(String title) {
        return new Axis(title, true, false);
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("title", title);
        map.put("log", logarithmic);
        map.put("zero", fromZero);
        return map;
    }
}
