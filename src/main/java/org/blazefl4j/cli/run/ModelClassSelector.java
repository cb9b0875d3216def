package org.blazefl4j.cli.run;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.blazefl4j.core.ModelSelector;
import org.blazefl4j.model.Model;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.util.Arguments;
import org.blazefl4j.util.Causes;

/**
 * The user's own model, by the name of its class. Workers load the class themselves, from the same jars and folders.
 *
 * @param path absolute paths of jars and folders, besides the class path of the program
 * @param image the images' channels, height and width, and the number of classes, which the class may ask for
 */
record ModelClassSelector(String className, List<String> path, long seed, int[] image)
        implements ModelSelector<ModelSelector.Only> {

    /** One loader for a path, which lives as long as the process, so that a class stays the same. */
    private static final Map<List<String>, ClassLoader> LOADERS = new ConcurrentHashMap<>();

    @Override
    public Model selectModel(Only name) {
        Constructor<? extends Model> constructor = constructor(load());
        Object[] arguments = constructor.getParameterCount() == 0
                ? new Object[0]
                : Arrays.stream(image).boxed().toArray();
        return DefaultGenerator.seeded(seed, () -> create(constructor, arguments));
    }

    private Class<? extends Model> load() {
        try {
            Class<?> type = Class.forName(className, true, LOADERS.computeIfAbsent(path, ModelClassSelector::loader));
            Arguments.require(
                    Model.class.isAssignableFrom(type),
                    "class is no model: --model-class=" + className + ", expected=one that extends "
                            + Model.class.getName());
            return type.asSubclass(Model.class);
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException(
                    "no such class: --model-class=" + className + ", --model-path=" + path
                            + ", expected=the full name of a class in one of these; add its jar or folder",
                    e);
        } catch (LinkageError e) {
            throw new IllegalArgumentException(
                    "class does not load: --model-class=" + className + ", found=" + Causes.describe(e)
                            + "; add what it needs to --model-path",
                    e);
        }
    }

    private static ClassLoader loader(List<String> path) {
        List<URL> urls = new ArrayList<>();
        for (String entry : path) {
            Path file = Path.of(entry);
            Arguments.require(
                    Files.exists(file), "no such path: --model-path=" + entry + ", expected=an existing jar or folder");
            try {
                urls.add(file.toUri().toURL());
            } catch (MalformedURLException e) {
                throw new IllegalArgumentException("no such path: --model-path=" + entry, e);
            }
        }
        ClassLoader parent = ModelClassSelector.class.getClassLoader();
        return urls.isEmpty() ? parent : new URLClassLoader(urls.toArray(URL[]::new), parent);
    }

    private Constructor<? extends Model> constructor(Class<? extends Model> type) {
        for (Class<?>[] parameters : new Class<?>[][] {{int.class, int.class, int.class, int.class}, {}}) {
            try {
                return type.getConstructor(parameters);
            } catch (NoSuchMethodException e) {
                // the next one
            }
        }
        throw new IllegalArgumentException("class cannot be created: --model-class=" + className
                + ", expected=a public class with a public constructor (int channels, int height, int width, int classes),"
                + " or without parameters");
    }

    private Model create(Constructor<? extends Model> constructor, Object[] arguments) {
        try {
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IllegalArgumentException(
                    "model cannot be created: --model-class=" + className + ", found=" + Causes.describe(cause), cause);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(
                    "class cannot be created: --model-class=" + className + ", found=" + Causes.describe(e)
                            + ", expected=a public class that is not abstract",
                    e);
        }
    }
}
