package org.blazefl4j.binding;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * JavaCPP's folder for unpacked native libraries: the one named by {@code -Dorg.bytedeco.javacpp.cachedir}, the default
 * one in the user's home, or, if that is unusable, a private one in the temporary folder.
 */
final class CacheRoot {

    static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

    private static final String OTHER_SPELLING = "org.bytedeco.javacpp.cacheDir";

    private static @Nullable Path chosen;

    private CacheRoot() {}

    /**
     * Chooses the folder, once, and makes JavaCPP use it. If this process has already used JavaCPP, returns its choice.
     *
     * @throws UnsatisfiedLinkError if no folder is usable
     */
    static synchronized Path get() throws IOException {
        if (chosen == null) {
            chosen = Loader.getLoadedLibraries().isEmpty()
                    ? setInJavaCpp(choose(System::getProperty))
                    : Loader.getCacheDir().toPath();
        }
        return chosen;
    }

    /** Makes JavaCPP read the property, which it does when it first needs the folder, and restores the property. */
    private static Path setInJavaCpp(Path folder) throws IOException {
        String before = System.setProperty(PROPERTY, folder.toString());
        try {
            return Loader.getCacheDir().toPath();
        } finally {
            if (before == null) {
                System.clearProperty(PROPERTY);
            } else {
                System.setProperty(PROPERTY, before);
            }
        }
    }

    /**
     * Returns the folder for the given system properties; creates it if it is missing.
     *
     * @throws UnsatisfiedLinkError if no folder is usable
     */
    static Path choose(UnaryOperator<String> properties) throws IOException {
        String named = properties.apply(PROPERTY);
        if (named == null) {
            named = properties.apply(OTHER_SPELLING);
        }
        if (named != null) {
            return require(Path.of(named).toAbsolutePath());
        }
        File home = new File(properties.apply("user.home"));
        if (home.isAbsolute() && home.isDirectory()) { // an unknown home is "?"
            Path folder = home.toPath().resolve(".javacpp").resolve("cache");
            if (problem(folder) == null) {
                return folder;
            }
        }
        return temporary(properties);
    }

    /** Uses the temporary folder, where other users may have created a folder of this name. */
    private static Path temporary(UnaryOperator<String> properties) throws IOException {
        String user = properties.apply("user.name");
        String name = user.matches("[\\w.-]+") ? user : Integer.toString(PathTrust.uid());
        Path own =
                Path.of(properties.apply("java.io.tmpdir"), ".javacpp-" + name).toAbsolutePath();
        if (!Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createDirectory(own, PathTrust.PRIVATE);
            } catch (FileAlreadyExistsException e) {
                // another process has just created it; its owner is checked below
            } catch (IOException e) {
                throw LoadFailure.unusable(own, Causes.describe(e));
            }
        }
        String distrust = PathTrust.distrust(own);
        if (distrust != null) {
            throw LoadFailure.unusable(own, distrust);
        }
        return require(own.resolve("cache"));
    }

    private static Path require(Path folder) {
        String problem = problem(folder);
        if (problem != null) {
            throw LoadFailure.unusable(folder, problem);
        }
        return folder;
    }

    /** Returns why a folder is unusable, if it is. */
    private static @Nullable String problem(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            return Causes.describe(e);
        }
        if (!Files.isWritable(folder) || !Files.isExecutable(folder) || !Files.isReadable(folder)) {
            return "no permission to write";
        }
        return Mounts.isNoexec(folder) ? LoadFailure.NOEXEC : null;
    }
}
