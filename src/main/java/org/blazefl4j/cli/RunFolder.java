package org.blazefl4j.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.stream.Stream;

/** Makes the folder of a run's results. Never one that holds anything already. */
final class RunFolder {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    private RunFolder() {}

    /**
     * Makes the folder.
     *
     * @param asked where the user wants it; null for a new one under {@code runs}
     * @throws UsageException if it is a file, holds something or cannot be made
     */
    static Path create(Path asked) {
        try {
            return asked == null ? createStamped(Path.of("runs")) : createAsked(asked);
        } catch (IOException e) {
            throw new UsageException("cannot make the output folder: --output=" + (asked == null ? "runs" : asked)
                    + ", found=" + e + "; name a folder that can be made");
        }
    }

    private static Path createAsked(Path asked) throws IOException {
        if (Files.exists(asked) && !Files.isDirectory(asked)) {
            throw new UsageException("output is no folder: --output=" + asked + ", limit=a new or empty folder");
        }
        Files.createDirectories(asked);
        try (Stream<Path> content = Files.list(asked)) {
            if (content.findAny().isPresent()) {
                throw new UsageException("output folder is not empty: --output=" + asked
                        + ", limit=a new or empty folder; name another, so that no results are overwritten");
            }
        }
        return asked;
    }

    private static Path createStamped(Path parent) throws IOException {
        Files.createDirectories(parent);
        String stamp = STAMP.format(LocalDateTime.now());
        for (int i = 1; ; i++) {
            try {
                return Files.createDirectory(parent.resolve(i == 1 ? stamp : stamp + "-" + i));
            } catch (FileAlreadyExistsException e) {
                // another run of the same second has it: try the next name
            }
        }
    }
}
