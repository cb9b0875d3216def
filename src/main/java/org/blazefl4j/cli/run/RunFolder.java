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

/**
 * The folder of a run's results. Never one that holds anything already. It is made when the run starts, which shows
 * that it can be, and taken away again if nothing is in it when the run ends.
 */
public final class RunFolder implements AutoCloseable {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private final Path path;
    private final NewFolders made;

    private RunFolder(Path path, NewFolders made) {
        this.path = path;
        this.made = made;
    }

    /**
     * Makes the folder that the user asked for.
     *
     * @throws UsageException if it is a file, holds something, cannot be made or not be written to
     */
    public static RunFolder create(Path asked) {
        return create(asked, content -> true);
    }

    /**
     * Makes the folder that the user asked for.
     *
     * @param counts whether something that is in it already is in the way
     * @throws UsageException if it is a file, holds such a thing, cannot be made or not be written to
     */
    public static RunFolder create(Path asked, Predicate<Path> counts) {
        if (Files.exists(asked) && !Files.isDirectory(asked)) {
            throw new UsageException(
                    "output is no folder: --output=" + asked + ", limit=a new or empty folder; name another");
        }
        try {
            if (Files.exists(asked)) {
                requireEmpty(asked, counts);
            }
            return open(asked);
        } catch (IOException e) {
            throw cannotMake(asked, e);
        }
    }

    private static void requireEmpty(Path asked, Predicate<Path> counts) throws IOException {
        try (Stream<Path> content = Files.list(asked)) {
            if (content.anyMatch(counts)) {
                throw new UsageException("output folder is not empty: --output=" + asked
                        + ", limit=a new or empty folder; name another, so that no results are overwritten");
            }
        }
    }

    /**
     * The folder of a run that goes on, whatever is in it.
     *
     * @throws UsageException if it cannot be made or not be written to
     */
    static RunFolder again(Path path) {
        try {
            return open(path);
        } catch (IOException e) {
            throw cannotMake(path, e);
        }
    }

    private static RunFolder open(Path path) throws IOException {
        NewFolders made = NewFolders.make(path);
        if (!Files.isWritable(path)) {
            made.removeEmpty();
            throw new UsageException("cannot write to the output folder: --output=" + path
                    + ", limit=one that you may write to; name another");
        }
        return new RunFolder(path, made);
    }

    /**
     * Makes a folder named by the time, and by a number where another run has that name.
     *
     * @throws UsageException if it cannot be made
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
            throw new UsageException("cannot make a folder for results: folder=" + parent.toAbsolutePath() + ", found="
                    + Causes.describe(e) + "; name one that can be made by --output");
        }
    }

    public Path path() {
        return path;
    }

    /** Takes the folder away if there is nothing in it and it was not there before. */
    @Override
    public void close() {
        made.removeEmpty();
    }

    private static UsageException cannotMake(Path folder, IOException e) {
        return new UsageException("cannot make the output folder: --output=" + folder + ", found="
                + Causes.describe(e)
                + "; name a folder that can be made");
    }
}
