package org.blazefl4j.util;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Creates a folder and its missing parents, and remembers which are new, so that a failed start can remove them. */
public final class NewFolders {

    /** Innermost first. */
    private final Deque<Path> made = new ArrayDeque<>();

    private NewFolders() {}

    /**
     * Creates a folder unless it exists.
     *
     * @throws IOException if it is a file or cannot be created; no folder is left behind
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
     * Creates a folder that must be new, atomically.
     *
     * @return empty if the folder already exists
     * @throws IOException if it cannot be created; no folder is left behind
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
                throw e; // a folder was created by another process, which keeps it
            }
        }
    }

    /** Deletes the new folders that are still empty. */
    public synchronized void removeEmpty() {
        while (!made.isEmpty()) {
            try {
                Files.deleteIfExists(made.peek());
            } catch (IOException e) {
                return; // in use, and so are its parents
            }
            made.pop();
        }
    }
}
