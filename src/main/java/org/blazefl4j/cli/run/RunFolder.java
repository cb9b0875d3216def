package org.blazefl4j.cli.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.NewFolders;

/** A new folder for the results of a run. It is created when the run starts, and removed if it is empty at the end. */
public record RunFolder(Path path, NewFolders made) implements AutoCloseable {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    /**
     * Creates the folder that the user asked for.
     *
     * @param ignored whether the folder may already contain a file
     * @throws UsageException if it is a file, is not empty, or cannot be created or written to
     */
    public static RunFolder create(Path asked, Predicate<Path> ignored) {
        if (Files.exists(asked) && !Files.isDirectory(asked)) {
            throw new UsageException(
                    "output is not a folder: --output=" + asked + ", expected=a new or empty folder; choose another");
        }
        try {
            if (Files.exists(asked)) {
                requireEmpty(asked, ignored);
            }
            NewFolders made = NewFolders.make(asked);
            if (!Files.isWritable(asked)) {
                made.removeEmpty();
                throw new UsageException("cannot write to the output folder: --output=" + asked
                        + ", found=permission denied; choose a writable folder");
            }
            return new RunFolder(asked, made);
        } catch (IOException e) {
            throw new UsageException("cannot create the output folder: --output=" + asked + ", found="
                    + Causes.describe(e) + "; choose another folder");
        }
    }

    private static void requireEmpty(Path asked, Predicate<Path> ignored) throws IOException {
        try (Stream<Path> content = Files.list(asked)) {
            if (!content.allMatch(ignored)) {
                throw new UsageException("output folder is not empty: --output=" + asked
                        + ", expected=a new or empty folder; choose another, so that no results are overwritten");
            }
        }
    }

    /**
     * Creates a folder named by the time, with a number if that name is taken.
     *
     * @throws UsageException if it cannot be created
     */
    public static RunFolder createStamped(Path parent) {
        String stamp = STAMP.format(LocalDateTime.now(ZoneId.systemDefault()));
        try {
            for (int i = 1; ; i++) {
                Path folder = parent.resolve(i == 1 ? stamp : stamp + "-" + i);
                Optional<NewFolders> made = NewFolders.makeNew(folder);
                if (made.isPresent()) {
                    return new RunFolder(folder, made.get());
                }
            }
        } catch (IOException e) {
            throw new UsageException("cannot create a folder for results: folder=" + parent.toAbsolutePath()
                    + ", found=" + Causes.describe(e) + "; choose another by --output");
        }
    }

    /** Removes the folder if it is empty and new. */
    @Override
    public void close() {
        made.removeEmpty();
    }
}
