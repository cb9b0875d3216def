package org.blazefl4j.util;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Lists a folder for error messages about a file that is not there. */
public final class FolderContent {

    private static final int LISTED = 8;

    private FolderContent() {}

    /**
     * Returns a few of the names in a folder, those most like the wanted name first.
     *
     * @throws IOException if the folder cannot be read
     */
    public static String near(Path folder, String wanted) throws IOException {
        List<String> names;
        try (Stream<Path> content = Files.list(folder)) {
            names = content.map(file -> file.getFileName().toString())
                    .sorted(Comparator.comparingLong((String name) -> -common(name, wanted))
                            .thenComparing(Comparator.naturalOrder()))
                    .map(Printable::line)
                    .toList();
        }
        String more = names.size() > LISTED ? " and " + (names.size() - LISTED) + " more" : "";
        return names.stream().limit(LISTED).toList() + more;
    }

    private static long common(String name, String wanted) {
        String lower = name.toLowerCase(Locale.ROOT);
        return Arrays.stream(wanted.toLowerCase(Locale.ROOT).split("[-_.]"))
                .filter(lower::contains)
                .count();
    }

    /** Does the same for a missing folder: lists the nearest existing folder above it, with its path. */
    public static String nearMissing(Path folder) {
        if (Files.exists(folder)) {
            return "a file";
        }
        Path missing = folder.toAbsolutePath().normalize();
        Path parent = missing.resolveSibling("");
        while (!Files.exists(parent)) {
            missing = parent;
            parent = missing.resolveSibling("");
        }
        if (!Files.isDirectory(parent)) {
            return "a file " + Printable.line(parent);
        }
        try {
            return near(parent, missing.getFileName().toString()) + " in " + Printable.line(parent);
        } catch (IOException e) {
            return Causes.describe(e);
        }
    }
}
