package org.blazefl4j.binding;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.ClassProperties;
import org.jspecify.annotations.Nullable;

/**
 * A library name in JavaCPP's presets: {@code name@version}, optionally followed by {@code #name@version}, the name of
 * the unpacked file. JavaCPP handles other forms.
 */
final class LibraryName {

    private final String text;
    private final String packed;
    private final @Nullable String unpacked;

    private LibraryName(String text) {
        this.text = text;
        String[] names = text.split("#");
        this.packed = names[0];
        this.unpacked = names.length > 1 ? names[1] : null;
    }

    /** Returns the libraries that JavaCPP loads for a class, in its order. */
    static List<LibraryName> askedForBy(ClassProperties properties) {
        return FoundLibraries.askedForBy(properties).stream()
                .filter(text -> !text.contains(":") && !text.endsWith("#"))
                .map(LibraryName::new)
                .toList();
    }

    /** Returns where JavaCPP looks for the library, in its order: absolute resource names without the first slash. */
    List<String> resources(Class<?> type, ClassProperties properties) {
        List<String> extensions = new ArrayList<>(List.of(""));
        extensions.addAll(properties.get("platform.extension"));
        List<String> folders = new ArrayList<>();
        properties.get("platform.preloadresource").forEach(folder -> folders.add(folder.replaceAll("^/+|/+$", "")));
        folders.add(type.getPackageName().replaceAll("\\.global$", "").replace('.', '/'));
        List<String> resources = new ArrayList<>();
        for (String file : List.of(fileName(packed, true), fileName(packed, false))) {
            for (int i = extensions.size() - 1; i >= 0; i--) {
                for (String folder : folders) {
                    resources.add(folder + "/" + properties.getProperty("platform") + extensions.get(i) + "/" + file);
                }
            }
        }
        return resources;
    }

    /** Whether JavaCPP or the JVM may find the library in a folder. */
    boolean isInFolder(ClassProperties properties) {
        List<String> folders = new ArrayList<>(properties.get("platform.linkpath"));
        folders.addAll(properties.get("platform.preloadpath"));
        for (String path : List.of("java.library.path", "sun.boot.library.path")) {
            folders.addAll(List.of(System.getProperty(path, "").split(File.pathSeparator)));
        }
        return folders.stream()
                .anyMatch(folder -> new File(folder, fileName(packed, true)).exists()
                        || new File(folder, fileName(packed, false)).exists());
    }

    /** Returns the file name of an unpacked resource. */
    String fileName(String resource) {
        String file = resource.substring(resource.lastIndexOf('/') + 1);
        return unpacked == null ? file : fileName(unpacked, file.equals(fileName(packed, true)));
    }

    private static String fileName(String nameAndVersion, boolean versioned) {
        String[] parts = nameAndVersion.split("@");
        return "lib" + parts[0] + ".so" + (versioned && parts.length > 1 ? parts[parts.length - 1] : "");
    }

    @Override
    public String toString() {
        return text;
    }
}
