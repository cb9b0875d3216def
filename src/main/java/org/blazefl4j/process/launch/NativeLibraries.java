package org.blazefl4j.process.launch;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.blazefl4j.binding.FoundLibraries;
import org.blazefl4j.binding.NativeLoader;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;

/**
 * Tells workers where the parent found its native libraries. JavaCPP searches every jar and folder for two dozen
 * libraries, most of which do not exist, and that takes as long as loading LibTorch.
 */
public final class NativeLibraries {

    /** The worker's system property with the result of {@link #found()}. */
    static final String PROPERTY = "blazefl4j.nativeLibraries";

    private static final char SEPARATOR = '\t';

    private NativeLibraries() {}

    /**
     * Returns the libraries that JavaCPP looked for in this process, the parent: one per line, with its path if it
     * exists. Omits libraries that the system found by name, and those of classes that are not loaded.
     */
    static String found() {
        Map<String, String> places = Loader.getLoadedLibraries();
        Map<String, String> found = new TreeMap<>();
        NativeLoader.own().ifPresent(file -> found.put(NativeLoader.OWN, file.toString()));
        for (Class<?> type : NativeLoader.loading()) {
            ClassProperties properties = Loader.loadProperties(type, Loader.loadProperties(), true);
            boolean loaded = places.containsKey(properties.getProperty("platform.library"));
            for (String library : loaded ? FoundLibraries.askedForBy(properties) : List.<String>of()) {
                String place = places.getOrDefault(loadedName(library), "");
                if (place.isEmpty() || new File(place).isAbsolute()) {
                    found.put(library, place);
                }
            }
        }
        StringBuilder lines = new StringBuilder();
        found.forEach((library, place) ->
                lines.append(library).append(SEPARATOR).append(place).append('\n'));
        return lines.toString();
    }

    /** Parses JavaCPP's {@code name:file}, {@code name@version} and {@code name#loadedName}. */
    private static String loadedName(String library) {
        String[] names = library.split(":")[0].split("#");
        return names.length > 1 && !names[1].isEmpty() ? names[1] : names[0];
    }

    /**
     * Makes this process, a worker, load its libraries from where the parent found them. If that is not possible,
     * JavaCPP searches.
     */
    public static void useParentLibraries() {
        try {
            Map<String, URL[]> found = read(System.getProperty(PROPERTY, ""));
            if (found.isEmpty()) {
                return;
            }
            URL[] own = found.remove(NativeLoader.OWN);
            if (own != null) {
                NativeLoader.loadOwn(Path.of(own[0].toURI()));
            }
            if (FoundLibraries.add(found)) {
                NativeLoader.skipUnpacking();
            }
        } catch (MalformedURLException | URISyntaxException | RuntimeException e) {
            System.getLogger(NativeLibraries.class.getName())
                    .log(System.Logger.Level.DEBUG, "native libraries are searched for", e);
        }
    }

    /** Reads the parent's libraries. Returns none if one is missing: JavaCPP finds where it was moved to. */
    static Map<String, URL[]> read(String lines) throws MalformedURLException {
        Map<String, URL[]> found = new LinkedHashMap<>();
        for (String line : lines.lines().toList()) {
            int end = line.indexOf(SEPARATOR);
            File place = new File(line.substring(end + 1));
            if (end == line.length() - 1) {
                found.put(line.substring(0, end), new URL[0]);
            } else if (place.isFile()) {
                found.put(line.substring(0, end), new URL[] {place.toURI().toURL()});
            } else {
                return Map.of();
            }
        }
        return found;
    }
}
