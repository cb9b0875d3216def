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
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;

/**
 * Unpacks libraries to where JavaCPP would, but all before the first is loaded, each as a whole or not at all, and one
 * process after another. JavaCPP writes each file in place just before it loads it; the dynamic linker of another
 * process, which loads libraries that a file needs without asking, then maps half a file and dies of SIGBUS.
 */
final class LibraryCache {

    /** JavaCPP's, which so waits as well. */
    private static final String LOCK = ".lock";

    private final File root;
    private final Set<UnpackedLibrary> missing = new LinkedHashSet<>();
    private final Map<String, URL[]> nowhere = new HashMap<>();

    LibraryCache(Path root) {
        this.root = root.toFile();
    }

    /**
     * Unpacks the libraries of some classes, as far as they lie in jars. JavaCPP learns which are nowhere, for its own
     * search for them would take longer than all of this.
     */
    void unpack(Collection<Class<?>> types) throws IOException {
        if (isSwitchedOff()) {
            return;
        }
        Set<String> seen = new HashSet<>();
        for (Class<?> type : types) {
            ClassProperties properties = Loader.loadProperties(type, Loader.loadProperties(), true);
            for (LibraryName name : LibraryName.askedForBy(properties)) {
                if (seen.add(name.toString())) { // JavaCPP goes by its first search too
                    lookFor(name, type, properties);
                }
            }
        }
        if (!missing.isEmpty()) {
            writeMissing();
        }
        FoundLibraries.add(nowhere);
    }

    private static boolean isSwitchedOff() {
        String chosen = System.getProperty("org.bytedeco.javacpp.cachelibraries", "true");
        return !System.getProperty("org.bytedeco.javacpp.cacheLibraries", chosen)
                .toLowerCase(Locale.ROOT)
                .matches("true|t|");
    }

    private void lookFor(LibraryName name, Class<?> type, ClassProperties properties) throws IOException {
        for (String resource : name.resources(type, properties)) {
            URL url = type.getClassLoader().getResource(resource);
            if (url != null) {
                if (url.openConnection() instanceof JarURLConnection jar) {
                    add(new UnpackedLibrary(jar, root, name.fileName(resource)));
                }
                return;
            }
        }
        if (!name.isInFolder(properties)) {
            nowhere.put(name.toString(), new URL[0]);
        }
    }

    private void add(UnpackedLibrary library) throws IOException {
        if (!library.isWhole()) {
            missing.add(library);
        }
    }

    private void writeMissing() throws IOException {
        synchronized (Runtime.getRuntime()) { // as JavaCPP does: a process cannot wait for a lock that it has itself
            try (FileOutputStream lockFile = new FileOutputStream(new File(root, LOCK));
                    FileLock lock = lock(lockFile)) {
                for (UnpackedLibrary library : missing) {
                    if (!library.isWhole()) {
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
                long needed = missing.stream().mapToLong(UnpackedLibrary::size).sum();
                throw LoadFailure.noSpace(root.toPath(), needed, free, e);
            }
            throw e;
        }
    }

    /**
     * Null where the file system has no locks: then several processes may write the same, each to a file of its own.
     */
    private static FileLock lock(FileOutputStream file) {
        try {
            return file.getChannel().lock();
        } catch (IOException e) {
            return null;
        }
    }
}
