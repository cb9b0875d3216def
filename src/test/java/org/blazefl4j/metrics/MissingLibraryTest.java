package org.blazefl4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.blazefl4j.binding.Build;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs a program without the optional libraries. */
final class MissingLibraryTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "CsvMetrics, fastcsv, de.siegmar.fastcsv.writer.CsvWriter",
        "JsonLinesMetrics, jackson-jr-objects, com.fasterxml.jackson.jr.ob.JSON"
    })
    void shouldNameTheLibraryWithItsVersionAndCreateNoFile(String metrics, String artifact, String type)
            throws Exception {
        Path file = folder.resolve("results");
        try (URLClassLoader without = new URLClassLoader(classPathWithout(artifact), null)) {
            Class<?> user = without.loadClass("org.blazefl4j.metrics." + metrics);

            assertThatThrownBy(() -> user.getConstructor(Path.class).newInstance(file))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("library is missing: user=" + user.getName() + ", found=no " + type + ", expected="
                            + Build.library(artifact)
                            + "; add it to the class path, or to the module path with --add-modules");
        }
        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "mlflow-client, org.mlflow.tracking.MlflowClient",
        "jackson-jr-objects, com.fasterxml.jackson.jr.ob.JSON"
    })
    void shouldNameTheLibrariesThatMlflowNeeds(String artifact, String type) throws Exception {
        try (URLClassLoader without = new URLClassLoader(classPathWithout(artifact), null)) {
            Class<?> user = without.loadClass("org.blazefl4j.metrics.MlflowExperiment");

            assertThatThrownBy(() -> user.getMethod("open", URI.class, String.class)
                            .invoke(null, URI.create("http://127.0.0.1:1"), "study"))
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("library is missing: user=" + user.getName() + ", found=no " + type + ", expected="
                            + Build.library(artifact)
                            + "; add it to the class path, or to the module path with --add-modules");
        }
    }

    private static URL[] classPathWithout(String artifact) throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!entry.contains(artifact)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        return urls.toArray(URL[]::new);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fastcsv", "jackson-jr-objects", "mlflow-client"})
    void shouldNameTheVersionInTheDocs(String artifact) throws Exception {
        assertThat(Files.readString(Path.of("docs/embedding.md"))).contains("`" + Build.library(artifact) + "`");
    }
}
