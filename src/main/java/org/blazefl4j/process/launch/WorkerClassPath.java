package org.blazefl4j.process.launch;

import java.io.File;
import java.io.IOException;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The class path of worker processes: everything that the parent's classes were loaded from. In this order:
 *
 * <ol>
 *   <li>the entries that the user configured,
 *   <li>the parent's class path,
 *   <li>the code sources of the library, of LibTorch with its natives, and of the classes that cross,
 *   <li>the entries of the URL class loaders above these classes,
 *   <li>the parent's module path; workers have no modules.
 * </ol>
 */
public final class WorkerClassPath {

    private static final List<String> NATIVE_PACKAGES =
            List.of("org/bytedeco/javacpp/", "org/bytedeco/openblas/", "org/bytedeco/pytorch/");
    private static final List<String> NATIVE_FILES = List.of("libjnijavacpp.so", "libjniopenblas.so", "libjnitorch.so");

    private final Set<Path> named = new LinkedHashSet<>();
    private final Set<Path> entries = new LinkedHashSet<>();

    /**
     * Collects the entries.
     *
     * @param named the entries that the user configured; each must exist
     * @param needed classes that workers need, such as the worker function's
     * @throws IllegalArgumentException if a configured entry does not exist or a needed class has no code source
     */
    public WorkerClassPath(List<Path> named, Collection<Class<?>> needed) {
        for (Path entry : named) {
            Arguments.require(
                    Files.exists(entry),
                    "no such class path entry: workerClassPath=" + entry + ", expected=an existing jar or folder");
            this.named.add(normal(entry));
        }
        entries.addAll(this.named);
        addPath(System.getProperty("java.class.path", ""));
        List.of(WorkerClassPath.class, Tensor.class, Loader.class).forEach(this::addSourcesOf);
        addSource("org.bytedeco.openblas.global.openblas");
        addNatives();
        addCuda();
        needed.forEach(this::addSourcesOf);
        addLoaders(Thread.currentThread().getContextClassLoader());
        addModulePath(System.getProperty("jdk.module.path", ""));
    }

    /** Returns the entries joined as for {@code -classpath}. */
    String joined() {
        return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** Returns the entries in order. */
    Set<Path> entries() {
        return Collections.unmodifiableSet(entries);
    }

    /**
     * Checks that workers started earlier will find a class.
     *
     * @throws IllegalArgumentException if it is not on the class path
     */
    public void check(Class<?> type) {
        Path source = source(type);
        if (!isJdk(type) && source == null && !namedHolds(type)) {
            throw withoutSource(type);
        }
        if (source != null && !entries.contains(source) && !namedHolds(type)) {
            throw new IllegalArgumentException("class not on the workers' class path: class=" + type.getName()
                    + ", source=" + source + "; add it with workerClassPath(...)");
        }
    }

    private void addPath(String path) {
        for (String entry : path.split(File.pathSeparator)) {
            if (!entry.isEmpty()) {
                addIfExists(Path.of(entry));
            }
        }
    }

    private void addIfExists(@Nullable Path entry) {
        if (entry != null && Files.exists(entry)) {
            entries.add(normal(entry));
        }
    }

    private void addSourcesOf(Class<?> type) {
        Class<?> plain = elementType(type);
        if (isJdk(plain)) {
            return;
        }
        Path source = source(plain);
        if ((source == null || isJavaFile(source)) && !namedHolds(plain)) {
            throw withoutSource(plain);
        }
        addIfExists(source);
        addLoaders(plain.getClassLoader());
        addLayers(plain.getModule().getLayer());
    }

    private void addSource(String className) {
        try {
            addSourcesOf(Class.forName(className, false, Tensor.class.getClassLoader()));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("LibTorch is incomplete: class=" + className + "; add its jar", e);
        }
    }

    /** Adds the presets of CUDA where LibTorch's CUDA build is. No class of it refers to them before the first call. */
    private void addCuda() {
        String natives = "org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu/libjnitorch_cuda.so";
        if (Tensor.class.getClassLoader().getResource(natives) != null) {
            addResource("org/bytedeco/cuda/global/cudart.class");
            addResource("org/bytedeco/cuda/" + Loader.getPlatform() + "/libjnicudart.so");
        }
    }

    /** Finds the jars with native libraries by resource, because they contain no classes. */
    private void addNatives() {
        String platform = Loader.getPlatform();
        for (String extension : List.of("", "-gpu")) {
            for (int i = 0; i < NATIVE_PACKAGES.size(); i++) {
                addResource(NATIVE_PACKAGES.get(i) + platform + extension + "/" + NATIVE_FILES.get(i));
            }
        }
    }

    private void addResource(String name) {
        try {
            Enumeration<URL> found = Tensor.class.getClassLoader().getResources(name);
            while (found.hasMoreElements()) {
                addIfExists(container(found.nextElement(), name));
            }
        } catch (IOException e) {
            throw new IllegalStateException(
                    "class path cannot be read: resource=" + name + ", found=" + Causes.describe(e), e);
        }
    }

    private void addLoaders(ClassLoader first) {
        for (ClassLoader loader = first; loader != null; loader = loader.getParent()) {
            if (loader instanceof URLClassLoader urls) {
                for (URL url : urls.getURLs()) {
                    addIfExists(file(url.toString()));
                }
            }
        }
    }

    private void addLayers(ModuleLayer layer) {
        if (layer != null) {
            for (ResolvedModule module : layer.configuration().modules()) {
                module.reference().location().ifPresent(uri -> addIfExists(file(uri.toString())));
            }
            layer.parents().forEach(this::addLayers);
        }
    }

    /** Adds modules. An entry of a module path is a module or a folder of modules. */
    private void addModulePath(String path) {
        for (String entry : path.split(File.pathSeparator)) {
            Path folder = Path.of(entry);
            if (entry.isEmpty() || !Files.isDirectory(folder) || Files.exists(folder.resolve("module-info.class"))) {
                addPath(entry);
                continue;
            }
            try (DirectoryStream<Path> modules = Files.newDirectoryStream(folder)) {
                modules.forEach(this::addIfExists);
            } catch (IOException e) {
                throw new IllegalStateException(
                        "module path cannot be read: entry=" + entry + ", found=" + Causes.describe(e), e);
            }
        }
    }

    private boolean namedHolds(Class<?> type) {
        try {
            List<URL> urls = new ArrayList<>();
            for (Path entry : named) {
                urls.add(entry.toUri().toURL());
            }
            try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), null)) {
                return loader.findResource(type.getName().replace('.', '/') + ".class") != null;
            }
        } catch (IOException e) {
            throw new IllegalStateException(
                    "class path cannot be read: workerClassPath=" + named + ", found=" + Causes.describe(e), e);
        }
    }

    private static Class<?> elementType(Class<?> type) {
        return type.isArray() ? elementType(type.getComponentType()) : type;
    }

    private static boolean isJdk(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        return loader == null || loader == ClassLoader.getPlatformClassLoader();
    }

    private static @Nullable Path source(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null
                ? null
                : file(source.getLocation().toString());
    }

    /** Returns the jar or folder that contains a resource. */
    private static @Nullable Path container(URL url, String resource) {
        String text = url.toString();
        if (text.startsWith("jar:")) {
            return file(text.substring("jar:".length(), text.indexOf("!/")));
        }
        return text.endsWith(resource) ? file(text.substring(0, text.length() - resource.length())) : null;
    }

    /** Returns the path of a {@code file:} URL, or null for any other URL. */
    private static @Nullable Path file(String url) {
        if (!url.startsWith("file:")) {
            return null;
        }
        try {
            return normal(Path.of(new URI(url.replace(" ", "%20"))));
        } catch (URISyntaxException | IllegalArgumentException e) {
            return null;
        }
    }

    private static Path normal(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** The JDK compiles a single-file program in memory, and gives the source file as the location of its classes. */
    private static boolean isJavaFile(Path source) {
        return source.toString().endsWith(".java");
    }

    private static IllegalArgumentException withoutSource(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        String place = source == null ? "" : String.valueOf(source.getLocation());
        if (place.endsWith(".java")) {
            return new IllegalArgumentException("class of a program that was started as a source file: class="
                    + type.getName() + ", source=" + place
                    + ", expected=classes in a jar or folder; compile it with javac"
                    + " -d <folder>, start it with java -cp, or train in threads");
        }
        if (place.contains("!")) {
            return new IllegalArgumentException("class in a jar within a jar: class=" + type.getName() + ", source="
                    + place
                    + ", expected=jars in a folder; unpack the outer jar and start that (a Spring Boot jar:"
                    + " java -Djarmode=tools -jar app.jar extract), or train in threads");
        }
        return new IllegalArgumentException(
                "class without a code source: class=" + type.getName()
                        + ", expected=classes loaded from a jar or folder; add the one that contains it with workerClassPath(...)");
    }
}
