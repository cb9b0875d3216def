package org.blazefl4j.binding;

import java.lang.reflect.Field;
import java.net.URL;
import java.util.Map;
import org.bytedeco.javacpp.Loader;

/** JavaCPP's memory of where libraries are. What is in it JavaCPP does not look for, which takes long. */
public final class FoundLibraries {

    private FoundLibraries() {}

    /**
     * Adds what it does not know yet.
     *
     * @param places by the names that presets use; empty for a library that is nowhere
     * @return whether that could be done; not where JavaCPP is a module
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
