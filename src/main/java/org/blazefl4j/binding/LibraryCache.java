package org.blazefl4j.binding;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks libraries to JavaCPP's folder, but all before the first is loaded, each atomically, and one process after
 * another. JavaCPP writes each file in place just before it loads it; the dynamic linker of another process, which also
 * loads dependencies, may then map half a file and crash with SIGBUS.
 */
final class LibraryCache {

    /** JavaCPP's lock file, so that JavaCPP waits as well. */
    private static final String LOCK = ".lock";

    private final File root;

    /** By file, because presets name some libraries twice. */
    private final Map<File, UnpackedLibrary> missing = new LinkedHashMap<>();

    private final Map<String, URL[]> absent = new HashMap<>();

    LibraryCache(Path root) {
        this.root = root.toFile();
    }

    /**
     * Unpacks the libraries of some classes, as far as they are in jars. Tells JavaCPP which libraries do not exist,
     * because its own search for them would take longer than everything else here.
     */
    void unpack(Collection<Class<?>> types) throws IOException {
        if (isDisabled()) {
            return;
        }
        Set<String> seen = new HashSet<>();
        for (Class<?> type : types) {
            ClassProperties properties = Loader.loadProperties(type, Loader.loadProperties(), true);
            for (LibraryName name : LibraryName.askedForBy(properties)) {
                if (seen.add(name.toString())) { // JavaCPP uses the first result, too
                    locate(name, type, properties);
                }
            }
        }
        if (!missing.isEmpty()) {
            writeMissing();
        }
        FoundLibraries.add(absent);
    }

    private static boolean isDisabled() {
        String enabled = System.getProperty("org.bytedeco.javacpp.cachelibraries", "true");
        return !System.getProperty("org.bytedeco.javacpp.cacheLibraries", enabled)
                .toLowerCase(Locale.ROOT)
                .matches("true|t|");
    }

    private void locate(LibraryName name, Class<?> type, ClassProperties properties) throws IOException {
        for (String resource : name.resources(type, properties)) {
            URL url = type.getClassLoader().getResource(resource);
            if (url != null) {
                if (url.openConnection() instanceof JarURLConnection jar) {
                    UnpackedLibrary library = UnpackedLibrary.of(jar, root, name.fileName(resource));
                    if (!library.isComplete()) {
                        missing.put(library.file(), library);
                    }
                }
                return;
            }
        }
        if (!name.isInFolder(properties)) {
            absent.put(name.toString(), new URL[0]);
        }
    }

    private void writeMissing() throws IOException {
        synchronized (Runtime.getRuntime()) { // as JavaCPP does: file locks do not exclude threads of one process
            try (FileOutputStream lockFile = new FileOutputStream(new File(root, LOCK));
                    FileLock lock = lock(lockFile)) {
                for (UnpackedLibrary library : missing.values()) {
                    if (!library.isComplete()) {
                        write(library, lock != null);
                    }
                }
            }
        }
    }

    private void write(UnpackedLibrary library, boolean alone) throws IOException {
        try {
            library.write(alone);
        } catch (IOException e) {
            long free = root.getUsableSpace();
            if (free < library.size()) {
                long needed = missing.values().stream()
                        .mapToLong(UnpackedLibrary::size)
                        .sum();
                throw LoadFailure.noSpace(root.toPath(), needed, free, e);
            }
            throw e;
        }
    }

    /**
     * Returns null if the file system has no locks; several processes then write the same content to separate files.
     */
    private static @Nullable FileLock lock(FileOutputStream file) {
        try {
            return file.getChannel().lock();
        } catch (IOException e) {
            return null;
        }
    }
}
