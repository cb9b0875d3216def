package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.util.Causes;

/** What there is to say of the archive that worker processes of this process would start from. */
public final class ArchiveReport {

    private ArchiveReport() {}

    /**
     * In one line: whether it is there, or why not.
     *
     * @param cacheFolder where archives are kept
     */
    public static String of(Path cacheFolder) {
        WorkerClassPath classPath = new WorkerClassPath(List.of(), List.of());
        ClassArchive archive = WorkerCommand.archive(Optional.of(cacheFolder), classPath, List.of());
        if (archive.disabledReason() != null) {
            return "none, for " + archive.disabledReason();
        }
        String problem = archive.store().problem();
        if (problem != null) {
            return "none, for its folder cannot be used: " + problem;
        }
        String place = archive.store().folder() + " (" + count(archive.store()) + " in all)";
        if (archive.isThere()) {
            return "there, in " + place;
        }
        try (ArchiveStore.Right right = archive.store().tryRight()) {
            return right == null
                    ? "none, for its folder cannot be written to now: " + place
                    : "made by the first run that is long enough, in " + place;
        } catch (IOException e) {
            return "none, for its folder cannot be used: " + Causes.describe(e);
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
