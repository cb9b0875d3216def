package org.blazefl4j.cli.sweep;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.blazefl4j.cli.options.UsageException;
import org.blazefl4j.util.Causes;

/** The folder of a sweep, locked against other sweeps. The kernel releases the lock however the process ends. */
record SweepFolder(Path path, FileChannel lock) implements AutoCloseable {

    private static final String LOCK = "lock";

    /**
     * Creates the folder if necessary, and locks it.
     *
     * @throws UsageException if it cannot be used, another sweep uses it, or it holds something else
     */
    static SweepFolder open(Path path) {
        Path file = path.resolve(LOCK);
        try {
            if (Files.isDirectory(path) && Files.notExists(file) && !isEmpty(path)) {
                throw new UsageException("output folder is not of a sweep: --output=" + path
                        + ", expected=a new or empty folder, or that of a sweep to go on with; choose another");
            }
            Files.createDirectories(path);
            FileChannel lock = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.tryLock() == null) {
                lock.close();
                throw new UsageException("sweep is running: --output=" + path
                        + ", by=another process; wait for it to end, or choose another folder");
            }
            return new SweepFolder(path, lock);
        } catch (IOException e) {
            throw new UsageException("cannot use the output folder: --output=" + path + ", found=" + Causes.describe(e)
                    + "; choose another");
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.findAny().isEmpty();
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
