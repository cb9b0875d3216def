package org.blazefl4j.cli.console;

import java.util.Locale;

/** Sizes for people. */
final class Bytes {

    static final long MEBIBYTE = 1 << 20;

    private static final long GIBIBYTE = 1 << 30;

    private Bytes() {}

    static String text(long bytes) {
        return bytes >= GIBIBYTE
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) GIBIBYTE)
                : bytes / MEBIBYTE + " MiB";
    }
}
