package org.blazefl4j.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.NewFolders;
import org.jspecify.annotations.Nullable;

/** The files of one run, locked against other runs. A file gets its name once it is complete and on disk. */
final class CheckpointFolder implements AutoCloseable {

    /** Matches Unicode digits: earlier releases formatted rounds in the default locale. */
    private static final Pattern NAME =
            Pattern.compile("round-(\\d{6,10})\\.checkpoint", Pattern.UNICODE_CHARACTER_CLASS);

    private static final String PARTIAL = ".partial";

    /** No round, not even the one before the first. */
    static final int NO_ROUND = -1;

    /** Writes a file's content. */
    interface Content {
        void writeTo(OutputStream file) throws IOException;
    }

    /**
     * The file to resume from.
     *
     * @param file the latest intact file, open; null if the folder holds no checkpoint
     * @param skipped one line for each later file that is damaged
     */
    record Latest(@Nullable CheckpointFile file, List<String> skipped) {}

    private final Path folder;
    private final NewFolders created;
    private final FolderLock lock;
    private boolean written;

    /**
     * Creates the folder if necessary, locks it, and deletes incomplete files of a killed run.
     *
     * @throws CheckpointException if another run uses the folder
     */
    CheckpointFolder(Path folder) throws IOException {
        this.folder = folder;
        this.created = NewFolders.make(folder);
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
            created.removeEmpty();
            throw e;
        }
    }

    /**
     * Opens the latest intact file.
     *
     * @throws CheckpointException if there are files but all are damaged, or the latest intact one is of another
     *     version
     */
    Latest latest() throws IOException {
        List<String> skipped = new ArrayList<>();
        for (Path file : newestFirst()) {
            try {
                return new Latest(CheckpointFile.open(file), List.copyOf(skipped));
            } catch (DamagedCheckpointException e) {
                skipped.add(file + ": " + e.getMessage());
            }
        }
        if (!skipped.isEmpty()) {
            throw new CheckpointException("no checkpoint can be used: " + String.join("; ", skipped)
                    + "; restore one of the files from a copy, or start again with an empty folder");
        }
        return new Latest(null, List.of());
    }

    /** Returns the complete files, latest round first. */
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

    /** Leaves unrelated files alone. */
    private static boolean isPartial(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(PARTIAL)
                && NAME.matcher(name.substring(0, name.length() - PARTIAL.length()))
                        .matches();
    }

    /** Returns the round in a file's name, or -1 if it is not a checkpoint. */
    private static long round(Path file) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        return name.matches() ? Long.parseLong(name.group(1)) : -1;
    }

    /**
     * Writes a round's file. If the disk is full, deletes the oldest files first, except the latest.
     *
     * @param keep the number of files to keep, the new one included
     * @param latest the round of the last file that was written or read; {@link #NO_ROUND} if there is none
     */
    void write(int round, Content content, int keep, int latest) throws IOException {
        boolean complete = false;
        while (!complete) {
            try {
                write(round, content);
                complete = true;
            } catch (IOException e) {
                if (!Causes.isNoSpace(e)) {
                    throw e;
                }
                if (latest == NO_ROUND || !deleteOldest(keep, latest)) {
                    throw new IOException(
                            Causes.describe(e) + ", needed=" + length(content) + " bytes, limit="
                                    + folder.toFile().getUsableSpace() + " bytes free",
                            e);
                }
            }
        }
    }

    /** Deletes the oldest file unless it is the only one. */
    private boolean deleteOldest(int keep, int latest) throws IOException {
        boolean deleted = false;
        for (int kept = Math.max(1, keep - 1); kept > 0 && !deleted; kept--) {
            deleted = keep(kept, latest);
        }
        return deleted;
    }

    private static long length(Content content) throws IOException {
        try (CountingStream counter = new CountingStream()) {
            content.writeTo(counter);
            return counter.bytes;
        }
    }

    /** Counts and discards bytes. */
    private static final class CountingStream extends OutputStream {

        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            bytes += length;
        }
    }

    /** Writes a round's file atomically: after a power cut, it is complete or absent. */
    private void write(int round, Content content) throws IOException {
        Path file = folder.resolve(String.format(Locale.ROOT, "round-%06d.checkpoint", round));
        Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
        try {
            writeDurably(partial, content);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            written = true;
        } finally {
            Files.deleteIfExists(partial);
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void writeDurably(Path file, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            content.writeTo(Channels.newOutputStream(channel));
            channel.force(true);
        }
    }

    /**
     * Keeps the file of a round and earlier ones, {@code count} in all, and deletes the others.
     *
     * @return whether a file was deleted
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

    /** Unlocks the folder. If nothing was written, restores its original state: removes a new lock and a new folder. */
    @Override
    public void close() throws IOException {
        try (lock) {
            if (Files.isDirectory(folder)
                    && ((lock.isNew() && !written) || newestFirst().isEmpty())) {
                lock.discard();
                created.removeEmpty();
            }
        }
    }
}
