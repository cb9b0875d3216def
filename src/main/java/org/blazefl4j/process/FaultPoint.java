package org.blazefl4j.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Points of a worker's life at which tests kill it. Off, at no cost, unless the system property
 * {@code blazefl4j.faultPoint} holds {@code <NAME>:<file>}: the first worker that reaches the point creates the file,
 * which holds its process id, and waits there for its end.
 */
enum FaultPoint {
    /** A job was claimed. */
    CLAIMED,
    /** Half of a tensor was copied into its slot. */
    SLOT_HALF_WRITTEN,
    /** The result is complete but not yet committed. */
    BEFORE_DONE;

    private static final String WANTED = System.getProperty("blazefl4j.faultPoint", "");
    private static final boolean ANY = !WANTED.isEmpty();

    boolean isOn() {
        return ANY && WANTED.startsWith(name() + ":");
    }

    void reach() {
        if (isOn() && isFirst(Path.of(WANTED.substring(name().length() + 1)))) {
            while (true) {
                LockSupport.park();
            }
        }
    }

    private static boolean isFirst(Path file) {
        try {
            Path draft = Files.writeString(Files.createTempFile(file.getParent(), "reached", null), pid());
            Files.createLink(file, draft);
            return true;
        } catch (FileAlreadyExistsException reachedBefore) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String pid() {
        return Long.toString(ProcessHandle.current().pid());
    }
}
