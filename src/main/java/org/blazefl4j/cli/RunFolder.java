package org.blazefl4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;

/** Makes the folder of a run's results. Never one that holds anything already. */
final class RunFolder {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private RunFolder() {}

    /**
     * Refuses a folder that {@link #create} would refuse, as far as that shows before.
     *
     * @param asked where the user wants it; null for a new one under {@code runs}
     * @throws UsageException if it is a file or holds something
     */
    static void check(Path asked) {
        if (asked == null || !Files.exists(asked)) {
            return;
        }
        if (!Files.isDirectory(asked)) {
            throw new UsageException(
                    "output is no folder: --output=" + asked + ", limit=a new or empty folder; name another");
        }
        try (Stream<Path> content = Files.list(asked)) {
            if (content.findAny().isPresent()) {
                throw new UsageException("output folder is not empty: --output=" + asked
                        + ", limit=a new or empty folder; name another, so that no results are overwritten");
            }
        } catch (IOException e) {
            throw cannotMake(asked, e);
        }
    }

    /**
     * Makes the folder.
     *
     * @param asked where the user wants it; null for a new one under {@code runs}
     * @throws UsageException if it is a file, holds something or cannot be made
     */
    static Path create(Path asked) {
        if (asked == null) {
            return createStamped(Path.of("runs"));
        }
        check(asked);
        try {
            Files.createDirectories(asked);
            return asked; // what createDirectories returns is absolute if it made several
        } catch (IOException e) {
            throw cannotMake(asked, e);
        }
    }

    /** Makes a folder named by the time, and by a number where another run has that name. */
    static Path createStamped(Path parent) {
        String stamp = STAMP.format(LocalDateTime.now(ZoneId.systemDefault()));
        try {
            Files.createDirectories(parent);
            for (int i = 1; ; i++) {
                Path folder = parent.resolve(i == 1 ? stamp : stamp + "-" + i);
                if (!Files.exists(folder)) {
                    return Files.createDirectory(folder);
                }
            }
        } catch (IOException e) {
            throw cannotMake(parent, e);
        }
    }

    /** Takes a folder away again in which there is nothing, as far as that can be done. */
    static void removeEmpty(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // an empty folder, or one that somebody uses, does no harm
        }
    }

    private static UsageException cannotMake(Path folder, IOException e) {
        return new UsageException("cannot make the output folder: --output=" + folder + ", found=" + Causes.describe(e)
                + "; name a folder that can be made");
    }
}
