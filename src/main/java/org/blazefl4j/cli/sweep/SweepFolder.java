package org.blazefl4j.cli.sweep;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Printable;

/** The folder of a sweep, locked against other sweeps. The kernel releases the lock however the process ends. */
record SweepFolder(Path path, FileChannel lock) implements AutoCloseable {

    private static final String LOCK = "lock";

    private static final int LONGEST_NAME = 1000;

    /**
     * Creates the folder if necessary, and locks it. The lock file holds the name of the study's file, so that no study
     * overwrites the tables of another.
     *
     * @throws UsageException if it cannot be used, another sweep uses it, or it holds something else
     */
    static SweepFolder open(Path path, Path study) {
        Path file = path.resolve(LOCK);
        try {
            if (Files.isDirectory(path) && Files.notExists(file) && !isNew(path)) {
                throw notOf(path, study, "other files");
            }
            Files.createDirectories(path);
            SweepFolder folder = new SweepFolder(
                    path,
                    FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
            try {
                folder.take(study);
                return folder;
            } catch (UsageException | IOException e) {
                folder.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UsageException("cannot use the output folder: --output=" + path + ", found=" + Causes.describe(e)
                    + "; choose another");
        }
    }

    private void take(Path study) throws IOException {
        if (lock.tryLock() == null) {
            throw new UsageException("sweep is running: --output=" + path
                    + ", by=another process; wait for it to end, or choose another folder");
        }
        String marker = "sweep of " + study.toAbsolutePath().getFileName() + "\n";
        if (isNew(path)) {
            lock.truncate(0).write(StandardCharsets.UTF_8.encode(marker), 0);
            return;
        }
        // by the channel that holds the lock: to close another one of the same file would release it
        ByteBuffer content = ByteBuffer.allocate(LONGEST_NAME);
        lock.read(content, 0);
        String found = StandardCharsets.UTF_8.decode(content.flip()).toString();
        if (!found.equals(marker)) {
            throw notOf(path, study, found.startsWith("sweep of ") ? found.strip() : "other files");
        }
    }

    private static UsageException notOf(Path path, Path study, String found) {
        return new UsageException("output folder is not of this sweep: --output=" + path + ", found="
                + Printable.line(found) + ", expected=a new or empty folder, or that of a sweep of "
                + Printable.line(study.toAbsolutePath().getFileName()) + " to go on with; choose another");
    }

    /** Returns whether a folder has nothing, or no more than a sweep that was killed at its very start left. */
    private static boolean isNew(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.allMatch(file -> file.endsWith(LOCK));
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // the process ends, and the lock with it
        }
    }
}
