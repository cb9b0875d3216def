package org.blazefl4j.util;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes small files as a whole: readers, and whoever kills this process, find the old content or the new one. */
public final class WholeFile {

    private WholeFile() {}

    /**
     * Creates or replaces a file.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, String text) {
        try {
            Path part = Files.writeString(file.resolveSibling(file.getFileName() + ".part"), text);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot write: file=" + file.toAbsolutePath() + ", found=" + Causes.describe(e)
                            + "; choose a writable folder",
                    e);
        }
    }
}
