package org.blazefl4j.util;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Makes a folder and those above it, and remembers which of them were not there, so that a start that is refused
 * afterwards leaves none behind.
 */
public final class NewFolders {

    /** The innermost first. */
    private final Deque<Path> made = new ArrayDeque<>();

    private NewFolders() {}

    /**
     * Makes a folder if it is not there.
     *
     * @throws IOException if it cannot be made, or is a file; nothing was made then
     */
    public static NewFolders make(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new NotDirectoryException(folder.toString());
        }
        NewFolders folders = new NewFolders();
        Deque<Path> missing = new ArrayDeque<>();
        Path next = folder.toAbsolutePath();
        for (; next != null && !Files.exists(next); next = next.getParent()) {
            missing.push(next);
        }
        try {
            for (Path each : missing) {
                folders.add(each);
            }
            return folders;
        } catch (IOException e) {
            folders.removeEmpty();
            throw e;
        }
    }

    /**
     * Makes a folder that nobody else has, in one step.
     *
     * @return empty if it is there already
     * @throws IOException if it cannot be made; nothing was made then
     */
    public static Optional<NewFolders> makeNew(Path folder) throws IOException {
        NewFolders folders = make(folder);
        return folders.made.contains(folder.toAbsolutePath()) ? Optional.of(folders) : Optional.empty();
    }

    private void add(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
            made.push(folder);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e; // else another process made it meanwhile, and keeps it
            }
        }
    }

    /** Deletes the folders that were made, as far as there is nothing in them. */
    public synchronized void removeEmpty() {
        while (!made.isEmpty()) {
            try {
                Files.deleteIfExists(made.peek());
            } catch (IOException e) {
                return; // somebody uses it, and with it those above
            }
            made.pop();
        }
    }
}
