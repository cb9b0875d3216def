package org.blazefl4j.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sends packages whose classes are in named modules; the library is in a named module, too. */
class CodecModulesTest {

    private static final String LIBRARY = "org.blazefl4j";

    @TempDir
    private static Path folder;

    private static Class<?> samples;
    private static Class<?> encoder;
    private static Class<?> decoder;

    /** A module with an exported, an opened and a hidden package, each with a record and a plain class. */
    @BeforeAll
    static void defineModules() throws Exception {
        Path modules = compile();
        List<Path> paths = new ArrayList<>(List.of(modules));
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path ->
                        path.endsWith("target/classes") || path.toString().contains("org/bytedeco"))
                .forEach(paths::add);
        Configuration configuration = ModuleLayer.boot()
                .configuration()
                .resolve(
                        ModuleFinder.of(paths.toArray(Path[]::new)), ModuleFinder.of(), Set.of(LIBRARY, "user.module"));
        ModuleLayer.Controller controller = ModuleLayer.defineModulesWithOneLoader(
                configuration, List.of(ModuleLayer.boot()), ClassLoader.getPlatformClassLoader());
        ModuleLayer layer = controller.layer();
        Module library = layer.findModule(LIBRARY).orElseThrow();
        controller.addExports(library, "org.blazefl4j.codec", CodecModulesTest.class.getModule());
        ClassLoader loader = layer.findLoader("user.module");
        samples = loader.loadClass("user.exported.Samples");
        encoder = loader.loadClass(PackageEncoder.class.getName());
        decoder = loader.loadClass(PackageDecoder.class.getName());
        assertThat(encoder.getModule()).isSameAs(library).isNotSameAs(PackageEncoder.class.getModule());
    }

    private static Path compile() throws Exception {
        Path classes = folder.resolve("classes");
        List<Path> sources = List.of(
                source("module-info.java", "module user.module { exports user.exported; opens user.opened; }"),
                source("user/exported/Samples.java", """
                        package user.exported;
                        public class Samples {
                            public record Point(int x, String name) {}
                            public static class Plain { int y = 3; }
                            public static Object point() { return new Point(4, "p"); }
                            public static Object plain() { return new Plain(); }
                            public static Object hidden() { return user.hidden.Secret.make(); }
                            public static Object opened() { return user.opened.Open.make(); }
                        }
                        """),
                source("user/hidden/Secret.java", """
                        package user.hidden;
                        public class Secret {
                            private record Code(int x) {}
                            public static Object make() { return new Code(5); }
                        }
                        """),
                source("user/opened/Open.java", """
                        package user.opened;
                        public class Open {
                            private record Code(int x, Open open) {}
                            private final int z;
                            private Open(int z) { this.z = z; }
                            public boolean equals(Object other) { return other instanceof Open that && that.z == z; }
                            public int hashCode() { return z; }
                            public static Object make() { return new Code(6, new Open(7)); }
                        }
                        """));
        List<String> arguments = new ArrayList<>(List.of("-d", classes.toString(), "--release", "17"));
        sources.forEach(source -> arguments.add(source.toString()));
        ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
        int status = javac.run(System.out, System.err, arguments.toArray(String[]::new));
        assertThat(status).isZero();
        return classes;
    }

    private static Path source(String name, String text) throws Exception {
        Path path = folder.resolve("sources").resolve(name);
        Files.createDirectories(path.getParent());
        return Files.writeString(path, text);
    }

    private static Object sample(String name) throws ReflectiveOperationException {
        return samples.getMethod(name).invoke(null);
    }

    /** Sends a graph through the codec of the named module. */
    private static Object cross(Object graph) throws ReflectiveOperationException {
        Object message = method(encoder, "encode", Object.class, TensorPlacer.class.getName())
                .invoke(encoder.getConstructor().newInstance(), graph, null);
        Object reader = decoder.getConstructor(ClassLoader.class).newInstance(samples.getClassLoader());
        return method(decoder, "decode", ByteBuffer.class, TensorResolver.class.getName())
                .invoke(reader, message, null);
    }

    private static Method method(Class<?> owner, String name, Class<?> argument, String callback)
            throws ReflectiveOperationException {
        return owner.getMethod(name, argument, owner.getClassLoader().loadClass(callback));
    }

    @Test
    void shouldCarryPublicRecordsOfExportedPackages() throws ReflectiveOperationException {
        assertThat(cross(sample("point"))).isEqualTo(sample("point"));
    }

    @Test
    void shouldCarryPrivateRecordsAndClassesOfOpenedPackages() throws ReflectiveOperationException {
        assertThat(cross(sample("opened"))).isEqualTo(sample("opened"));
    }

    @Test
    void shouldSayWhatToOpenIfAPackageIsClosed() {
        assertClosed("hidden", "user.hidden.Secret$Code", "user.hidden");
        assertClosed("plain", "user.exported.Samples$Plain", "user.exported");
    }

    private static void assertClosed(String name, String type, String packageName) {
        assertThatThrownBy(() -> cross(List.of(sample(name))))
                .isExactlyInstanceOf(InvocationTargetException.class)
                .cause()
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot cross: path=[0], type=" + type
                        + ", expected=classes that are open to the library; add to"
                        + " module-info of user.module: opens " + packageName + " to org.blazefl4j");
        assertThatThrownBy(() -> HeapStore.cross(List.of(sample(name))))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot cross: path=[0], type=" + type
                        + ", expected=classes that are open to the library; start Java"
                        + " with --add-opens user.module/"
                        + packageName + "=ALL-UNNAMED");
    }
}
