package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.util.Causes;

/** Describes the class archive that worker processes of this process would use. */
public final class ArchiveReport {

    private ArchiveReport() {}

    /**
     * Returns one line: whether the archive exists, or why not.
     *
     * @param cacheFolder the folder that holds archives
     */
    public static String of(Path cacheFolder) {
        WorkerClassPath classPath = new WorkerClassPath(List.of(), List.of());
        ClassArchive archive = WorkerCommand.archive(Optional.of(cacheFolder), classPath, List.of());
        if (archive.disabledReason() != null) {
            return "none: " + archive.disabledReason();
        }
        String problem = archive.store().problem();
        if (problem != null) {
            return "none: its folder cannot be used: " + problem;
        }
        String place = archive.store().folder() + " (" + count(archive.store()) + " in all)";
        if (archive.exists()) {
            return "there, in " + place;
        }
        try (ArchiveStore.WriteLock writeLock = archive.store().tryWriteLock()) {
            return writeLock == null
                    ? "none: its folder cannot be written to now: " + place
                    : "none yet, the first long enough run creates it: " + place;
        } catch (IOException e) {
            return "none: its folder cannot be used: " + Causes.describe(e);
        }
    }

    private static int count(ArchiveStore store) {
        try {
            return store.archives().size();
        } catch (IOException e) {
            return 0;
        }
    }
}
