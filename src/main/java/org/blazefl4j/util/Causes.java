package org.blazefl4j.util;

import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Map;

/**
 * Describes exceptions to people. Many JDK exceptions carry their meaning only in their class: the message is a bare
 * path, or null.
 */
public final class Causes {

    private static final Map<Class<?>, String> WORDS = Map.of(
            NoSuchFileException.class, "not found",
            AccessDeniedException.class, "permission denied",
            FileAlreadyExistsException.class, "already exists",
            NotDirectoryException.class, "not a folder",
            DirectoryNotEmptyException.class, "folder not empty",
            FileSystemLoopException.class, "symbolic links that form a loop",
            EOFException.class, "ends too early",
            ClosedByInterruptException.class, "interrupted",
            ClosedChannelException.class, "already closed");

    /** The system's message for a full disk, which depends on the locale of the process. */
    private static final class NoSpace {

        static final String WORDS = ask();

        private static String ask() {
            try (OutputStream full = new FileOutputStream("/dev/full")) {
                try {
                    full.write(0);
                } catch (IOException e) {
                    return String.valueOf(e.getMessage());
                }
            } catch (IOException e) {
                // no such device: assume the C locale
            }
            return "No space left on device";
        }
    }

    private Causes() {}

    /** Returns what went wrong, without the exception's class: {@code permission denied: /data/labels}. */
    public static String describe(Throwable thrown) {
        if (thrown instanceof FileSystemException e) {
            return what(e) + (e.getFile() == null ? "" : ": " + e.getFile());
        }
        if (thrown instanceof CharacterCodingException) {
            return "not text in the expected encoding";
        }
        Throwable cause = thrown.getCause();
        String message = thrown.getMessage();
        if (cause != null && (message == null || message.equals(cause.toString()))) {
            return describe(cause); // a mere wrapper
        }
        if (message == null || message.isBlank()) {
            return WORDS.getOrDefault(thrown.getClass(), thrown.getClass().getSimpleName());
        }
        return thrown instanceof IOException ? ofSystem(message) : message;
    }

    /** Returns whether the file system, or the user's quota on it, is full. */
    public static boolean isNoSpace(IOException e) {
        String what = describe(e);
        return what.startsWith("no space left") || what.startsWith("disk quota exceeded");
    }

    private static String what(FileSystemException e) {
        String other = e.getReason() == null ? e.getClass().getSimpleName() : ofSystem(e.getReason());
        return WORDS.getOrDefault(e.getClass(), other);
    }

    /** Rewords common messages of the operating system to match {@link #WORDS}. */
    private static String ofSystem(String message) {
        return switch (message) {
            case "Is a directory" -> "is a folder";
            case "Not a directory" -> "not a folder";
            case "Disk quota exceeded" -> "disk quota exceeded";
            case "Read-only file system" -> "read-only file system";
            case "Too many open files" -> "too many open files";
            default -> message.equals(NoSpace.WORDS) ? "no space left" : message;
        };
    }
}
