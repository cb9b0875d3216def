package org.blazefl4j.util;

import java.util.Locale;

/** Formats sizes for people. */
public final class Bytes {

    public static final long MEBIBYTE = 1 << 20;

    private static final long GIBIBYTE = 1 << 30;

    private Bytes() {}

    public static String text(long bytes) {
        return bytes >= GIBIBYTE
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) GIBIBYTE)
                : bytes / MEBIBYTE + " MiB";
    }
}
