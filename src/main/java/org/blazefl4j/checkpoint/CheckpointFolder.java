package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.blazefl4j.util.NewFolders;

/** The files of one run, locked against other runs. A file has its name when it is whole and on the disk. */
final class CheckpointFolder implements AutoCloseable {

    /** Earlier releases wrote the digits of the default locale. */
    private static final Pattern NAME =
            Pattern.compile("round-(\\d{6,10})\\.checkpoint", Pattern.UNICODE_CHARACTER_CLASS);

    private static final String PARTIAL = ".partial";

    /** Writes a file's content. */
    interface Content {
        void writeTo(OutputStream file) throws IOException;
    }

    private final Path folder;
    private final NewFolders made;
    private final FolderLock lock;
    private boolean written;

    /**
     * Makes the folder if need be, locks it, and deletes what a killed run had not finished writing.
     *
     * @throws CheckpointException if another run uses it
     */
    CheckpointFolder(Path folder) throws IOException {
        this.folder = folder;
        this.made = NewFolders.make(folder);
        this.lock = lock();
        try {
            for (Path file : files()) {
                if (isPartial(file)) {
                    Files.delete(file);
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private FolderLock lock() throws IOException {
        try {
            return FolderLock.of(folder);
        } catch (IOException | RuntimeException e) {
            made.removeEmpty();
            throw e;
        }
    }

    /** The finished files, the latest round's first. */
    List<Path> newestFirst() throws IOException {
        return files().stream()
                .filter(file -> round(file) >= 0)
                .sorted(Comparator.comparingLong(CheckpointFolder::round).reversed())
                .toList();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    /** Files of others that may be there are left alone. */
    private static boolean isPartial(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(PARTIAL)
                && NAME.matcher(name.substring(0, name.length() - PARTIAL.length()))
                        .matches();
    }

    /** The round in a file's name; -1 if it is no checkpoint. */
    private static long round(Path file) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        return name.matches() ? Long.parseLong(name.group(1)) : -1;
    }

    Path file(int round) {
        return folder.resolve(String.format(Locale.ROOT, "round-%06d.checkpoint", round));
    }

    /** Writes a round's file in one step: after a power cut it is there as a whole, or not at all. */
    void write(int round, Content content) throws IOException {
        Path file = file(round);
        Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
        try {
            writeDurably(partial, content);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            written = true;
        } finally {
            Files.deleteIfExists(partial);
        }
        syncFolder();
    }

    private static void writeDurably(Path file, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            content.writeTo(Channels.newOutputStream(channel));
            channel.force(true);
        }
    }

    private void syncFolder() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Deletes all but a round's file and the ones before it, {@code count} in all. Later ones were of no use.
     *
     * @return whether there was one to delete
     */
    boolean keep(int count, int round) throws IOException {
        int kept = 0;
        boolean deleted = false;
        for (Path file : newestFirst()) {
            if (round(file) > round || ++kept > count) {
                Files.delete(file);
                deleted = true;
            }
        }
        return deleted;
    }

    /** The bytes that are free for files. */
    long free() {
        return folder.toFile().getUsableSpace();
    }

    /**
     * Lets go of the folder. If nothing was written it is left as it was: without a lock, and not there if it was not.
     */
    @Override
    public void close() throws IOException {
        try (lock) {
            if (Files.isDirectory(folder)
                    && ((lock.isNew() && !written) || newestFirst().isEmpty())) {
                lock.discard();
                made.removeEmpty();
            }
        }
    }
}
