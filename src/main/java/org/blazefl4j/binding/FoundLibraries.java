package org.blazefl4j.binding;

import java.lang.reflect.Field;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.Loader;

/**
 * JavaCPP's cache of library locations, a private field. Entries save JavaCPP's slow search: without them, a worker's
 * start takes 16 % more processor time (0.86 s instead of 0.74 s, medians of 15 in turns).
 */
public final class FoundLibraries {

    private FoundLibraries() {}

    /** Returns the names in the presets of all libraries that JavaCPP loads for a class, in its order. */
    public static List<String> askedForBy(ClassProperties properties) {
        List<String> names = new ArrayList<>(properties.get("platform.preload"));
        names.addAll(properties.get("platform.link"));
        names.add(properties.getProperty("platform.library"));
        names.replaceAll(name -> name.endsWith("!") ? name.substring(0, name.length() - 1) : name);
        return names;
    }

    /**
     * Adds locations that JavaCPP does not know yet.
     *
     * @param places by the names in the presets; empty for a library that does not exist
     * @return whether this was possible; false if JavaCPP is a named module
     */
    public static boolean add(Map<String, URL[]> places) {
        try {
            Field memory = Loader.class.getDeclaredField("foundLibraries");
            memory.setAccessible(true);
            @SuppressWarnings("unchecked")
            Map<String, URL[]> known = (Map<String, URL[]>) memory.get(null);
            places.forEach(known::putIfAbsent);
            return true;
        } catch (ReflectiveOperationException | RuntimeException e) {
            System.getLogger(FoundLibraries.class.getName())
                    .log(System.Logger.Level.DEBUG, "JavaCPP searches for native libraries", e);
            return false;
        }
    }
}
