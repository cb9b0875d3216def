package org.blazefl4j.metrics;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens result files, and tells of what goes wrong with them by the file's name. */
final class ResultFile {

    private ResultFile() {}

    /**
     * A new file; results that are there already are never overwritten.
     *
     * @throws UncheckedIOException if it cannot be made, with the file's name and why
     */
    static OutputStream create(Path file) {
        try {
            return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new UncheckedIOException(
                    "result file exists: file=" + file.toAbsolutePath() + ", limit=a new file; name another", e);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    static UncheckedIOException failed(Path file, IOException e) {
        Path folder = file.toAbsolutePath().getParent();
        String found = Files.isDirectory(folder) ? e.toString() : folder + " is no folder";
        return new UncheckedIOException(
                "cannot write results: file=" + file.toAbsolutePath() + ", found=" + found
                        + "; name a folder that exists and can be written to",
                e);
    }
}
