package org.blazefl4j.util;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Makes untrusted text, such as values from a result file, safe to print on a terminal. Characters that would move the
 * cursor, change colours or titles, end the line, or reorder or hide other text are printed as their codes, such as
 * {@code \}{@code u001b}.
 */
public final class Printable {

    private Printable() {}

    /** Returns any value as one line. */
    public static String line(@Nullable Object value) {
        return escape(String.valueOf(value), "");
    }

    /**
     * Returns an address, even one that cannot be parsed, as one line without a user's name and password, and without
     * its query and fragment, which may have a token.
     */
    public static String address(Object address) {
        return line(address)
                .replaceFirst("^([\\w+.-]*:?//)?[^?#]*[?#].*@.*", "$1***") // a query, or a password with such a mark
                .replaceFirst("^([\\w+.-]*:?//)?.*@", "$1***@")
                .replaceFirst("([?#]).+", "$1***");
    }

    /** Returns a text whose line breaks and tabs are kept. */
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
