package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.blazefl4j.util.Causes;
import org.jspecify.annotations.Nullable;

/** The folder with files that make later runs start faster. Any of them may be deleted at any time. */
public final class CacheFolder {

    /** The system property that names the folder. */
    public static final String PROPERTY = "blazefl4j.cacheFolder";

    /** The environment variable that names the folder. */
    public static final String VARIABLE = "BLAZEFL4J_CACHE";

    private CacheFolder() {}

    /**
     * Returns the default folder: the first of the system property, the environment variable,
     * {@code $XDG_CACHE_HOME/blazefl4j} and {@code ~/.cache/blazefl4j} that is set. It may not exist. For a user
     * without a home it is not writable, and nothing is cached.
     */
    public static Path standard() {
        return standard(System.getProperty(PROPERTY), System.getenv(), System.getProperty("user.home"));
    }

    /**
     * Returns why a folder cannot be used, as a clause, or null if it can.
     *
     * @param folder the folder, which may not exist
     */
    public static @Nullable String problem(Path folder) {
        return folder.toString().indexOf(ClassArchive.SEPARATOR) >= 0
                ? "the JVM splits paths at colons"
                : new ArchiveStore(folder).problem();
    }

    /**
     * Describes the class archive that worker processes of this process would use, in one line: whether it exists, or
     * why not.
     *
     * @param folder the cache folder
     */
    public static String archiveIn(Path folder) {
        WorkerClassPath classPath = new WorkerClassPath(List.of(), List.of());
        ClassArchive archive = WorkerCommand.archive(Optional.of(folder), classPath, List.of());
        if (archive.disabledReason() != null) {
            return "none: " + archive.disabledReason();
        }
        ArchiveStore store = archive.store();
        String problem = store.problem();
        if (problem != null) {
            return "none: its folder cannot be used: " + problem;
        }
        try {
            String place = store.folder() + " (" + store.archives().size() + " in all)";
            return archive.exists() ? "there, in " + place : missing(store, place);
        } catch (IOException e) {
            return "none: its folder cannot be used: " + Causes.describe(e);
        }
    }

    private static String missing(ArchiveStore store, String place) throws IOException {
        try (ArchiveStore.WriteLock writeLock = store.tryWriteLock()) {
            return writeLock == null
                    ? "none: its folder cannot be written to now: " + place
                    : "none yet, the first long enough run creates it: " + place;
        }
    }

    static Path standard(@Nullable String property, Map<String, String> environment, String home) {
        return path(property)
                .or(() -> path(environment.get(VARIABLE)))
                .or(() -> path(environment.get("XDG_CACHE_HOME"))
                        .filter(Path::isAbsolute) // the specification ignores others
                        .map(folder -> folder.resolve("blazefl4j")))
                .orElseGet(() -> home(home).resolve(".cache").resolve("blazefl4j"))
                .toAbsolutePath();
    }

    /** Returns the root folder if Java reports {@code ?}, which is not to be a name in the working directory. */
    private static Path home(String home) {
        return path(home).filter(Path::isAbsolute).orElse(Path.of("/"));
    }

    private static Optional<Path> path(@Nullable String text) {
        try {
            return text == null || text.isBlank() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException e) { // has characters that the locale lacks
            return Optional.empty();
        }
    }
}
