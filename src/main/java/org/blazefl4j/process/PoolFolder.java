package org.blazefl4j.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The temporary folder of one pool: the workers' argument file and their crash reports. Deleted when closed. */
final class PoolFolder implements AutoCloseable {

    private final Path path;

    PoolFolder() {
        try {
            path = Files.createTempDirectory(
                    "blazefl4j-pool-" + ProcessHandle.current().pid() + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no temporary folder: java.io.tmpdir=" + System.getProperty("java.io.tmpdir")
                            + ", limit=a folder that can be written to; set -Djava.io.tmpdir",
                    e);
        }
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    Path write(String name, String text) {
        try {
            return Files.writeString(path.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException("temporary file cannot be written: file=" + path.resolve(name), e);
        }
    }

    /**
     * Deletes the folder; safe to call twice. What cannot be deleted stays, for this must not hide a round's failure.
     */
    @Override
    public void close() {
        try (Stream<Path> tree = Files.walk(path)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            return;
        } catch (IOException e) {
            System.getLogger(PoolFolder.class.getName())
                    .log(System.Logger.Level.WARNING, "temporary folder not deleted: folder=" + path, e);
        }
    }
}
