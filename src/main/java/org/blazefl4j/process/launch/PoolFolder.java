package org.blazefl4j.process.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;
import org.blazefl4j.util.Causes;
import org.jspecify.annotations.Nullable;

/**
 * The temporary folder of one pool, with the files that workers need to start. Deleted when closed. If its process was
 * killed, the next process that creates a pool folder deletes it.
 *
 * <p>While a folder is in use, its process holds the folder's BSD lock. Cleaners such as systemd-tmpfiles skip locked
 * folders, and the kernel releases the lock when the process ends, so a folder that can be locked is abandoned.
 * {@link #restore} recreates what a cleaner deleted nonetheless.
 */
public final class PoolFolder implements AutoCloseable {

    private static final String PREFIX = "blazefl4j-workers-";

    private static final String OWN_PREFIX = PREFIX + ProcessHandle.current().pid() + "-";

    /** ENOENT and EWOULDBLOCK: another process took the new folder for an abandoned one before it was locked. */
    private static final Set<Integer> TAKEN = Set.of(-2, -11);

    private static final int UNLOCKED = -1;

    private final Path parent;

    /** The content of the files by name, for {@link #restore}. */
    private final Map<String, String> written = new LinkedHashMap<>();

    private Path path;
    private int lock;

    /** Creates a pool folder in the temporary folder of this JVM. */
    public PoolFolder() {
        this(Path.of(System.getProperty("java.io.tmpdir")));
    }

    /**
     * Creates a pool folder in another folder.
     *
     * @throws UncheckedIOException if it cannot be created
     */
    public PoolFolder(Path parent) {
        this.parent = parent;
        make();
        try {
            deleteAbandoned();
        } catch (IOException | UncheckedIOException e) {
            warn("temporary folders of killed processes not deleted: folder=" + parent, e);
        }
    }

    private void make() {
        try {
            do {
                path = Files.createTempDirectory(parent, OWN_PREFIX);
                lock = Native.lockFolder(path.toString());
            } while (TAKEN.contains(lock) || lock >= 0 && isGone());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no temporary folder: parent=" + parent + ", found=" + Causes.describe(e)
                            + ", expected=a writable folder; set -Djava.io.tmpdir",
                    e);
        }
        if (lock < 0) {
            warn(
                    "temporary folder cannot be locked, a cleaner may delete it: folder=" + path + ", errno=" + -lock,
                    null);
        }
    }

    private boolean isGone() {
        boolean gone = !Files.exists(path);
        if (gone) {
            unlock();
        }
        return gone;
    }

    private void unlock() {
        if (lock >= 0) {
            Native.close(lock);
        }
        lock = UNLOCKED;
    }

    private void deleteAbandoned() throws IOException {
        List<Path> others;
        try (Stream<Path> entries = Files.list(parent)) {
            others = entries.filter(PoolFolder::isPoolFolder).collect(Collectors.toList());
        }
        for (Path folder : others) {
            int abandoned = Native.lockFolder(folder.toString());
            if (abandoned >= 0) {
                try {
                    delete(folder);
                } finally {
                    Native.close(abandoned);
                }
            }
        }
    }

    /** Returns whether this is a pool's folder of this user. Others may create folders of the same name. */
    private static boolean isPoolFolder(Path folder) {
        try {
            return folder.getFileName().toString().startsWith(PREFIX)
                    && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(Path.of("/proc/self")));
        } catch (IOException gone) {
            return false;
        }
    }

    /** Returns the path of a file in the folder. It may change in {@link #restore}. */
    public synchronized Path resolve(String name) {
        return path.resolve(name);
    }

    /**
     * Writes a file.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    synchronized void write(String name, String text) {
        written.put(name, text);
        Path file = path.resolve(name);
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "temporary file cannot be written: file=" + file + ", found=" + Causes.describe(e), e);
        }
    }

    /**
     * Recreates files that were deleted, in a new folder if the folder itself was deleted.
     *
     * @throws UncheckedIOException if that fails
     */
    synchronized void restore() {
        if (!isPoolFolder(path)) {
            unlock();
            make();
        }
        List.copyOf(written.keySet()).stream()
                .filter(name -> !Files.isRegularFile(path.resolve(name), LinkOption.NOFOLLOW_LINKS))
                .forEach(name -> write(name, Objects.requireNonNull(written.get(name), name)));
    }

    /** Deletes the folder. Idempotent. Only logs failures, because they must not hide that of a round. */
    @Override
    public synchronized void close() {
        try {
            delete(path);
        } catch (IOException | UncheckedIOException e) {
            warn("temporary folder not deleted: folder=" + path, e);
        } finally {
            unlock();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            return;
        }
    }

    private static void warn(String message, @Nullable Exception e) {
        System.getLogger(PoolFolder.class.getName()).log(System.Logger.Level.WARNING, message, e);
    }
}
