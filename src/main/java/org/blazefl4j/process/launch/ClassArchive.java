package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.blazefl4j.binding.Build;
import org.blazefl4j.util.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * The class archive that a pool's workers start from. It saves the JVM parsing and verifying classes. Valid for one
 * JDK, class path and set of JVM flags. Disabled if the user's flags or the class path rule it out.
 */
final class ClassArchive {

    /** Whether this JVM archives classes with profiles (an AOT cache), not classes alone (CDS). */
    private static final boolean AHEAD_OF_TIME = Runtime.version().feature() >= 25;

    /** Flags by which users choose an archive themselves. */
    private static final List<String> OWN_CHOICE = List.of("-Xshare", "-XX:SharedArchiveFile", "-XX:AOT");

    /** Separates several archives in a JVM flag, so a path must not contain it. */
    static final char SEPARATOR = ':';

    private static final int KEY_BYTES = 16;

    private final @Nullable ArchiveStore store;
    private final String key;
    private final @Nullable String disabledReason;

    /** The archive found earlier. Saves computing its checksum again. */
    private @Nullable Path found;

    private ClassArchive(@Nullable ArchiveStore store, String key, @Nullable String disabledReason) {
        this.store = store;
        this.key = key;
        this.disabledReason = disabledReason;
    }

    /**
     * Returns the archive for a command line.
     *
     * @param cacheFolder the folder with archives, or empty to disable them
     * @param classPath the workers' class path
     * @param flags the arguments of the workers' JVMs
     */
    static ClassArchive of(Optional<Path> cacheFolder, Collection<Path> classPath, List<String> flags) {
        String disabledReason = disabledReason(cacheFolder, classPath, flags);
        if (disabledReason != null) {
            return new ClassArchive(null, "", disabledReason);
        }
        return new ClassArchive(new ArchiveStore(cacheFolder.orElseThrow()), key(classPath, flags), null);
    }

    private static @Nullable String disabledReason(
            Optional<Path> cacheFolder, Collection<Path> classPath, List<String> flags) {
        if (cacheFolder.isEmpty()) {
            return "switched off";
        }
        if (cacheFolder.get().toString().indexOf(SEPARATOR) >= 0) {
            return "the JVM splits paths at colons: " + cacheFolder.get();
        }
        for (String flag : flags) {
            if (OWN_CHOICE.stream().anyMatch(flag::startsWith)) {
                return "JVM argument " + flag;
            }
        }
        for (Path entry : classPath) {
            if (Files.isDirectory(entry)) {
                return "the class path contains a folder: " + entry;
            }
        }
        return null;
    }

    /** Hashes what decides whether the JVM can use an archive, or gains from it. System properties do not. */
    private static String key(Collection<Path> classPath, List<String> flags) {
        StringBuilder text = new StringBuilder(Build.VERSION).append('\n');
        for (String property : List.of("java.home", "java.vm.name", "java.vm.vendor", "java.vm.version")) {
            text.append(System.getProperty(property)).append('\n');
        }
        flags.stream()
                .filter(flag -> !flag.startsWith("-D"))
                .forEach(flag -> text.append(flag).append('\n'));
        for (Path entry : classPath) {
            text.append(entry).append(' ').append(sizeAndTime(entry)).append('\n');
        }
        byte[] digest = Sha256.newDigest().digest(text.toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest, 0, KEY_BYTES);
    }

    private static String sizeAndTime(Path entry) {
        try {
            return Files.size(entry) + " " + Files.getLastModifiedTime(entry).toMillis();
        } catch (IOException e) {
            return "missing";
        }
    }

    /** Returns why archives are disabled, or null if they are not. */
    @Nullable
    String disabledReason() {
        return disabledReason;
    }

    String key() {
        return key;
    }

    ArchiveStore store() {
        return Objects.requireNonNull(store, "archive is disabled");
    }

    /** Returns whether the archive exists. */
    synchronized boolean exists() {
        if (store == null) {
            return false;
        }
        if (found != null && !store.isUsable(found)) {
            found = null;
        }
        if (found == null) {
            found = store.find(key).orElse(null);
        }
        return found != null;
    }

    /**
     * Returns the JVM arguments that use the archive, if it exists. The JVM ignores, silently, one that does not fit.
     */
    synchronized List<String> use() {
        if (!exists()) {
            return List.of();
        }
        return AHEAD_OF_TIME
                ? List.of("-XX:AOTCache=" + found, "-Xlog:aot*=off", "-Xlog:cds*=off")
                : List.of("-XX:SharedArchiveFile=" + found, "-Xlog:cds*=off");
    }

    /** Returns the arguments of the JVMs that create the archive, in order. */
    List<List<String>> dumpCommands(Path part) {
        if (!AHEAD_OF_TIME) {
            return List.of(List.of("-XX:ArchiveClassesAtExit=" + part));
        }
        String recorded = "-XX:AOTConfiguration=" + part + ".recorded";
        return List.of(
                List.of("-XX:AOTMode=record", recorded),
                List.of("-XX:AOTMode=create", recorded, "-XX:AOTCache=" + part));
    }
}
