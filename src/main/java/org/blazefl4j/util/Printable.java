package org.blazefl4j.util;

import java.util.HexFormat;

/**
 * Text of others, such as values in a result file, as it may be shown on a terminal: what would move the cursor, change
 * colours or titles, end the line, or reorder or hide what is beside it is shown as its code, {@code \}{@code u001b}.
 */
public final class Printable {

    private Printable() {}

    /** Any value, in one line. */
    public static String line(Object value) {
        return escape(String.valueOf(value), "");
    }

    /** A text of several lines. */
    public static String lines(String text) {
        return escape(text, "\n\t");
    }

    private static String escape(String text, String kept) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (isPlain(point) || kept.indexOf(point) >= 0) {
                result.appendCodePoint(point);
            } else {
                for (char unit : Character.toChars(point)) {
                    result.append("\\u").append(HexFormat.of().toHexDigits(unit));
                }
            }
        });
        return result.toString();
    }

    private static boolean isPlain(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
