package org.blazefl4j.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;

/**
 * The temporary folder of one pool, with the workers' argument file, or of the states of a trainer's clients. Deleted
 * when closed; that of a process that was killed, when another process makes one beside it.
 *
 * <p>As long as a folder is in use its process holds a lock on a file in it. The file gets its name when it is locked,
 * and the kernel lets go of the lock however the process ends: an owner file that can be locked belongs to nobody.
 */
public final class PoolFolder implements AutoCloseable {

    private static final String PREFIX = "blazefl4j-pool-";

    /**
     * Of this process's folders; looking at their locks would undo them. In a container each process that is started
     * has the number of the one before.
     */
    private static final String OWN_PREFIX = PREFIX + ProcessHandle.current().pid() + "-" + startMillis() + "-";

    private static final String OWNER = "owner";

    /** Far longer than it takes from making a folder to its lock. */
    private static final Duration TIME_TO_OWN = Duration.ofHours(1);

    private final Path path;
    private FileChannel owner;

    private static long startMillis() {
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(Instant::toEpochMilli)
                .orElse(0L);
    }

    PoolFolder() {
        this(Path.of(System.getProperty("java.io.tmpdir")));
    }

    /**
     * Makes a folder in another one.
     *
     * @throws UncheckedIOException if it cannot be made
     */
    public PoolFolder(Path parent) {
        try {
            path = Files.createTempDirectory(parent, OWN_PREFIX);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no temporary folder: parent=" + parent + ", found=" + Causes.describe(e)
                            + ", limit=a folder that can be written to; set -Djava.io.tmpdir, or for states"
                            + " TrainerOptions.stateFolder",
                    e);
        }
        try {
            own();
            deleteAbandoned(parent);
        } catch (IOException | RuntimeException e) {
            warn("temporary folders of killed processes not looked for: folder=" + parent, e);
        }
    }

    private void own() throws IOException {
        Path draft = path.resolve(OWNER + ".draft");
        owner = FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        owner.tryLock(); // nobody else knows the file; an interrupted thread gets it too
        Files.move(draft, path.resolve(OWNER), StandardCopyOption.ATOMIC_MOVE);
    }

    private void deleteAbandoned(Path parent) throws IOException {
        List<Path> others;
        try (Stream<Path> entries = Files.list(parent)) {
            others = entries.filter(this::isAnothers).collect(Collectors.toList());
        }
        for (Path folder : others) {
            deleteIfAbandoned(folder);
        }
    }

    /** Whether it is the folder of another process of the same user. */
    private boolean isAnothers(Path folder) {
        String name = folder.getFileName().toString();
        try {
            return name.startsWith(PREFIX)
                    && !name.startsWith(OWN_PREFIX)
                    && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(path));
        } catch (IOException gone) {
            return false;
        }
    }

    private static void deleteIfAbandoned(Path folder) throws IOException {
        try (FileChannel other = FileChannel.open(folder.resolve(OWNER), StandardOpenOption.WRITE)) {
            if (other.tryLock() != null) {
                delete(folder);
            }
        } catch (NoSuchFileException unowned) {
            if (isOld(folder)) {
                delete(folder); // its process was killed before it could own it
            }
        }
    }

    private static boolean isOld(Path folder) throws IOException {
        try {
            Instant lastChange = Files.getLastModifiedTime(folder).toInstant();
            return lastChange.isBefore(Instant.now().minus(TIME_TO_OWN));
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /** The path of a file in the folder. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    Path write(String name, String text) {
        try {
            return Files.writeString(path.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "temporary file cannot be written: file=" + path.resolve(name) + ", found=" + Causes.describe(e),
                    e);
        }
    }

    /**
     * Deletes the folder; safe to call twice. What cannot be deleted stays, for this must not hide a round's failure.
     */
    @Override
    public void close() {
        try (FileChannel held = owner) {
            delete(path);
        } catch (NoSuchFileException gone) {
            return;
        } catch (IOException | UncheckedIOException e) {
            warn("temporary folder not deleted: folder=" + path, e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static void warn(String message, Exception e) {
        System.getLogger(PoolFolder.class.getName()).log(System.Logger.Level.WARNING, message, e);
    }
}
