package org.blazefl4j.process.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.blazefl4j.binding.Build;

/**
 * The archive of classes that a pool's workers start from, so that the JVM neither parses nor verifies them. It belongs
 * to one JDK, class path and set of JVM flags. There is none where the user chose otherwise, or the JVM cannot have
 * one.
 */
public final class ClassArchive {

    /** What the JVM calls it: classes alone, or with what the JVM learnt of them. */
    enum Kind {
        CLASS_DATA,
        AHEAD_OF_TIME;

        private static final int AHEAD_OF_TIME_SINCE = 25;

        static Kind ofThisJvm() {
            return Runtime.version().feature() >= AHEAD_OF_TIME_SINCE ? AHEAD_OF_TIME : CLASS_DATA;
        }
    }

    /** Flags of the user's that say where classes come from. */
    private static final List<String> OWN_CHOICE = List.of("-Xshare", "-XX:SharedArchiveFile", "-XX:AOT");

    /** Between archives where a JVM is told several; with too many of them it does not start. */
    static final char SEPARATOR = ':';

    private static final int KEY_BYTES = 16;

    private final Kind kind;
    private final ArchiveStore store;
    private final String key;
    private final String whyNone;

    /** The archive that was found, whose checksum is not computed again. */
    private Path found;

    private ClassArchive(Kind kind, ArchiveStore store, String key, String whyNone) {
        this.kind = kind;
        this.store = store;
        this.key = key;
        this.whyNone = whyNone;
    }

    /**
     * The archive for one command line.
     *
     * @param cacheFolder where archives are; empty: there is to be none
     * @param classPath the workers' class path
     * @param flags the arguments of the workers' JVMs
     */
    static ClassArchive of(Optional<Path> cacheFolder, Collection<Path> classPath, List<String> flags) {
        Kind kind = Kind.ofThisJvm();
        String whyNone = disabledReason(cacheFolder, classPath, flags);
        if (whyNone != null) {
            return new ClassArchive(kind, null, null, whyNone);
        }
        return new ClassArchive(kind, new ArchiveStore(cacheFolder.orElseThrow()), key(kind, classPath, flags), null);
    }

    private static String disabledReason(Optional<Path> cacheFolder, Collection<Path> classPath, List<String> flags) {
        if (cacheFolder.isEmpty()) {
            return "switched off";
        }
        if (cacheFolder.get().toString().indexOf(SEPARATOR) >= 0) {
            return "the JVM takes a path with a colon for two: " + cacheFolder.get();
        }
        for (String flag : flags) {
            if (OWN_CHOICE.stream().anyMatch(flag::startsWith)) {
                return "the JVM is told " + flag;
            }
        }
        for (Path entry : classPath) {
            if (Files.isDirectory(entry)) {
                return "the class path holds a folder: " + entry;
            }
        }
        return null;
    }

    /** All on which it depends whether the JVM can use the archive, or gains from it. Properties are not among it. */
    private static String key(Kind kind, Collection<Path> classPath, List<String> flags) {
        StringBuilder text = new StringBuilder();
        text.append(kind).append('\n').append(Build.VERSION).append('\n');
        for (String property : List.of("java.home", "java.vm.name", "java.vm.vendor", "java.vm.version")) {
            text.append(System.getProperty(property)).append('\n');
        }
        flags.stream()
                .filter(flag -> !flag.startsWith("-D"))
                .forEach(flag -> text.append(flag).append('\n'));
        for (Path entry : classPath) {
            text.append(entry).append(' ').append(sizeAndTime(entry)).append('\n');
        }
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, KEY_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String sizeAndTime(Path entry) {
        try {
            return Files.size(entry) + " " + Files.getLastModifiedTime(entry).toMillis();
        } catch (IOException e) {
            return "gone";
        }
    }

    /** Why there is none and will be none; null if there may be one. */
    public String disabledReason() {
        return whyNone;
    }

    Kind kind() {
        return kind;
    }

    String key() {
        return key;
    }

    ArchiveStore store() {
        return store;
    }

    /** Whether it is there. */
    synchronized boolean isThere() {
        if (found != null && !store.mayUse(found)) {
            found = null;
        }
        if (found == null && whyNone == null) {
            found = store.find(key).orElse(null);
        }
        return found != null;
    }

    /**
     * What lets a JVM start from it; nothing if it is not there. The JVM ignores one that does not fit, and is told to
     * be silent.
     */
    synchronized List<String> use() {
        if (!isThere()) {
            return List.of();
        }
        return kind == Kind.AHEAD_OF_TIME
                ? List.of("-XX:AOTCache=" + found, "-Xlog:aot*=off", "-Xlog:cds*=off")
                : List.of("-XX:SharedArchiveFile=" + found, "-Xlog:cds*=off");
    }

    /**
     * The arguments of the JVMs that make it, one after another; those that run the main class of archives take
     * longest.
     */
    List<List<String>> dumpCommands(Path part) {
        if (kind == Kind.CLASS_DATA) {
            return List.of(List.of("-XX:ArchiveClassesAtExit=" + part));
        }
        String recorded = "-XX:AOTConfiguration=" + part + ".recorded";
        return List.of(
                List.of("-XX:AOTMode=record", recorded),
                List.of("-XX:AOTMode=create", recorded, "-XX:AOTCache=" + part));
    }
}
