package org.blazefl4j.process.launch;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where the library keeps what makes later runs start faster. Nothing there is needed: any file may go at any time. */
public final class CacheFolder {

    /** The system property that names the folder. */
    public static final String PROPERTY = "blazefl4j.cacheFolder";

    /** The environment variable that names the folder. */
    public static final String VARIABLE = "BLAZEFL4J_CACHE";

    private CacheFolder() {}

    /**
     * The folder unless a caller names another: that of the property, of the variable,
     * {@code $XDG_CACHE_HOME/blazefl4j}, or {@code ~/.cache/blazefl4j}. It need not exist. A user without a home, of
     * whom Java does not know where that is, gets a folder that is not writable: nothing is kept then.
     */
    public static Path standard() {
        return standard(System.getProperty(PROPERTY), System.getenv(), System.getProperty("user.home"));
    }

    /**
     * Why a folder cannot be used, as a clause; null if it can.
     *
     * @param folder it need not exist
     */
    public static String problem(Path folder) {
        return folder.toString().indexOf(ClassArchive.SEPARATOR) >= 0
                ? "the JVM takes a path with a colon for two"
                : new ArchiveStore(folder).problem();
    }

    static Path standard(String property, Map<String, String> environment, String home) {
        return path(property)
                .or(() -> path(environment.get(VARIABLE)))
                .or(() -> path(environment.get("XDG_CACHE_HOME"))
                        .filter(Path::isAbsolute) // as its specification says
                        .map(folder -> folder.resolve("blazefl4j")))
                .orElseGet(() -> home(home).resolve(".cache").resolve("blazefl4j"))
                .toAbsolutePath();
    }

    /** The root folder where Java says {@code ?}: not one of that name in whatever folder this process runs. */
    private static Path home(String home) {
        return path(home).filter(Path::isAbsolute).orElse(Path.of("/"));
    }

    private static Optional<Path> path(String text) {
        try {
            return text == null || text.isBlank() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException e) { // characters that the locale lacks
            return Optional.empty();
        }
    }
}
