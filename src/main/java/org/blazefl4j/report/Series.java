package org.blazefl4j.report;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line, or one piece of each bar, of a chart. Series of the same name in a page's charts should have the same
 * colour.
 *
 * @param colour the number of its colour, from 0; {@link #NEUTRAL} for grey
 * @param dashed whether its line is dashed
 * @param x where its points are; empty for values by category
 * @param y their values; NaN and infinities are gaps
 * @param low the lower edge of a band around the line; empty if there is none
 * @param high the upper edge
 */
public record Series(String name, int colour, boolean dashed, double[] x, double[] y, double[] low, double[] high) {

    /** The colour of what others are compared with. */
    public static final int NEUTRAL = -1;

    private static final double[] NONE = {};

    /** Returns a line. */
    public static Series line(String name, int colour, double[] x, double[] y) {
        return new Series(name, colour, false, x, y, NONE, NONE);
    }

    /** Returns a value for each category of a chart. */
    public static Series values(String name, int colour, double... values) {
        return line(name, colour, NONE, values);
    }

    /** Returns the line with a band around it. */
    public Series withBand(double[] low, double[] high) {
        return new Series(name, colour, dashed, x, y, low, high);
    }

    /** Returns the line in dashes. */
    public Series asDashed() {
        return new Series(name, colour, true, x, y, low, high);
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", name);
        map.put("colour", colour);
        map.put("y", Numbers.pack(y));
        if (dashed) {
            map.put("dashed", true);
        }
        if (x.length > 0) {
            map.put("x", Numbers.pack(x));
        }
        if (low.length > 0) {
            map.put("low", Numbers.pack(low));
            map.put("high", Numbers.pack(high));
        }
        return map;
    }
}
