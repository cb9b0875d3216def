package org.blazefl4j.binding;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.UnaryOperator;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.Loader;

/**
 * The folder that native libraries are unpacked to, JavaCPP's: what the user named by
 * {@code -Dorg.bytedeco.javacpp.cachedir}, that of the home, or, where that will not do, one of this user's in the
 * temporary folder.
 */
final class CacheRoot {

    static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

    private static final String OTHER_SPELLING = "org.bytedeco.javacpp.cacheDir";

    private static Path taken;

    private CacheRoot() {}

    /**
     * Chooses the folder, once, and has JavaCPP use it. If this process has used JavaCPP before, it is what that chose.
     *
     * @throws UnsatisfiedLinkError if none will do
     */
    static synchronized Path take() throws IOException {
        if (taken == null) {
            taken = Loader.getLoadedLibraries().isEmpty() ? tell(choose(System::getProperty)) : ofJavaCpp();
        }
        return taken;
    }

    private static Path ofJavaCpp() throws IOException {
        return Loader.getCacheDir().toPath();
    }

    /** JavaCPP asks for the property when it first needs the folder; afterwards it is as it was. */
    private static Path tell(Path folder) throws IOException {
        String before = System.setProperty(PROPERTY, folder.toString());
        try {
            return ofJavaCpp();
        } finally {
            if (before == null) {
                System.clearProperty(PROPERTY);
            } else {
                System.setProperty(PROPERTY, before);
            }
        }
    }

    /**
     * The folder for these system properties, which is made if it is not there.
     *
     * @throws UnsatisfiedLinkError if none will do
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
        if (home.isAbsolute() && home.isDirectory()) { // Java calls an unknown home "?"
            Path folder = home.toPath().resolve(".javacpp").resolve("cache");
            if (problem(folder) == null) {
                return folder;
            }
        }
        return temporary(properties);
    }

    /** In a folder where anybody may have put one before. */
    private static Path temporary(UnaryOperator<String> properties) throws IOException {
        String user = properties.apply("user.name");
        String name = user.matches("[\\w.-]+") ? user : Integer.toString(PathTrust.uid());
        Path own =
                Path.of(properties.apply("java.io.tmpdir"), ".javacpp-" + name).toAbsolutePath();
        if (!Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createDirectory(
                        own, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException justMade) {
                // by another process, and who that is is looked at now
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

    /** Why a folder will not do; null if it will. */
    private static String problem(Path folder) {
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
