package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers find their classes in every way in which a parent can find its classes. Compiles an application with a
 * private worker function and runs it in each way but Surefire's, which all other tests use.
 */
@Slow
final class ProcessPoolClassPathTest {

    private static final String MAIN = """
            package app;

            import java.util.List;
            import org.blazefl4j.trainer.*;
            import org.bytedeco.pytorch.Tensor;
            import org.bytedeco.pytorch.global.torch;

            public final class Main {
                public record Down(Tensor x) {}

                public record Up(int cid, Tensor x) {}

                public static void main(String[] args) {
                    System.out.println("sum=" + run(ProcessOptions.defaults()));
                }

                public static float run(ProcessOptions options) {
                    TrainerOptions one = TrainerOptions.builder().numParallels(1).build();
                    try (var trainer = new ProcessPoolClientTrainer<>(new app.hidden.Clients(), one, options)) {
                        trainer.localProcess(new Down(torch.ones(10)), List.of(1, 2, 3));
                        float sum = 0;
                        for (Up up : trainer.uplinkPackage()) {
                            sum += up.x().sum().item_float();
                            up.x().close();
                        }
                        return sum;
                    }
                }
            }
            """;

    private static final String CLIENTS = """
            package app.hidden;

            import app.Main.*;
            import org.blazefl4j.core.*;
            import org.bytedeco.pytorch.Scalar;
            import org.bytedeco.pytorch.global.torch;

            public final class Clients implements ClientAlgorithm<Integer, Down, Up> {
                @Override
                public Integer getClientConfig(int cid) {
                    return cid;
                }

                @Override
                public ClientWorker<Integer, Down, Up> worker() {
                    return Trainee::train;
                }

                @Override
                public Up prepareUplinkPackageBuffer() {
                    return new Up(0, torch.empty(10));
                }

                private static final class Trainee {
                    private static Up train(Integer cid, Down down, WorkerContext context) {
                        Up up = context.uplinkBuffer();
                        up.x().copy_(down.x()).add_(new Scalar(cid));
                        return new Up(cid, up.x());
                    }
                }
            }
            """;

    private static final String SOURCE_PROGRAM = """
            import org.blazefl4j.core.*;
            import org.blazefl4j.trainer.*;
            import org.bytedeco.pytorch.Tensor;
            import org.bytedeco.pytorch.global.torch;

            public final class Demo implements ClientAlgorithm<Integer, Demo.Down, Demo.Up> {
                record Up(int cid, Tensor x) {}

                record Down(Tensor x) {}

                public static void main(String[] args) {
                    try {
                        new ProcessPoolClientTrainer<>(new Demo(), TrainerOptions.defaults()).close();
                    } catch (IllegalArgumentException e) {
                        System.out.println("refused: " + e.getMessage());
                    }
                }

                public Integer getClientConfig(int cid) {
                    return cid;
                }

                public ClientWorker<Integer, Down, Up> worker() {
                    return Demo::train;
                }

                public Up prepareUplinkPackageBuffer() {
                    return new Up(0, torch.empty(10));
                }

                static Up train(Integer cid, Down down, WorkerContext context) {
                    return context.uplinkBuffer();
                }
            }
            """;

    /** The place of classes that Spring Boot's loader reports. */
    private static final String NESTED = "jar:file:/app.jar!/BOOT-INF/lib/clients.jar!/";

    /** The package of the worker function is neither exported nor open. */
    private static final String MODULE = "module app { requires org.blazefl4j; opens app to org.blazefl4j; }";

    /** What the application and {@code EXEC_JAVA} must print. */
    private static final String EXPECTED = "sum=90.0";

    private static final String EXEC_JAVA = """
            import java.net.URL;
            import java.net.URLClassLoader;
            import java.nio.file.Path;

            public final class ExecJava {
                public static void main(String[] args) throws Exception {
                    URL[] urls = new URL[args.length];
                    for (int i = 0; i < args.length; i++) {
                        urls[i] = Path.of(args[i]).toUri().toURL();
                    }
                    try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
                        Thread.currentThread().setContextClassLoader(loader);
                        loader.loadClass("app.Main").getMethod("main", String[].class).invoke(null, (Object) args);
                    }
                }
            }
            """;

    /** The libraries of an application, without the classes and tools of tests. */
    private static final List<String> LIBRARIES = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.contains("bytedeco")
                    || entry.contains("jspecify")
                    || entry.endsWith(Path.of("target", "classes").toString()))
            .toList();

    @TempDir
    private static Path folder;

    private static Path classes;

    @BeforeAll
    static void compileApplication() throws Exception {
        classes = compile("classes", List.of("-classpath", joined(LIBRARIES)), application());
    }

    private static Path[] application() throws IOException {
        return new Path[] {source("app/Main.java", MAIN), source("app/hidden/Clients.java", CLIENTS)};
    }

    private static Path source(String name, String text) throws IOException {
        Path file = folder.resolve("src").resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static Path compile(String name, List<String> options, Path... sources) {
        Path target = folder.resolve(name);
        List<String> arguments = new ArrayList<>(List.of("-d", target.toString()));
        arguments.addAll(options);
        Stream.of(sources).map(Path::toString).forEach(arguments::add);
        ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
        int result = javac.run(System.out, System.err, arguments.toArray(String[]::new));
        assertThat(result).isZero();
        return target;
    }

    private static String joined(List<String> entries) {
        return String.join(File.pathSeparator, entries);
    }

    private static String java(List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).describedAs(output).isZero();
        return output;
    }

    @Test
    void shouldFindClassesWhenTheParentIsARunnableJar() throws Exception {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, "app.Main");
        String urls = LIBRARIES.stream()
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" "));
        attributes.put(Attributes.Name.CLASS_PATH, urls);
        Path jar = folder.resolve("an app.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                Stream<Path> files = Files.walk(classes)) {
            for (Path entry : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(entry).toString()));
                Files.copy(entry, out);
            }
        }
        assertThat(java(List.of("-jar", jar.toString()))).contains(EXPECTED);
    }

    @Test
    void shouldFindClassesOfAnotherLoaderAsUnderExecJava() throws Exception {
        Path launcher = compile("launcher", List.of(), source("ExecJava.java", EXEC_JAVA));
        List<String> arguments = new ArrayList<>(List.of("-classpath", launcher.toString(), "ExecJava"));
        arguments.add(classes.toString());
        arguments.addAll(LIBRARIES);
        assertThat(java(arguments)).contains(EXPECTED);
    }

    @Test
    void shouldFindAPrivateWorkerFunctionWhenTheParentRunsOnTheModulePath() throws Exception {
        Path[] classes = application();
        Path[] sources = Arrays.copyOf(classes, classes.length + 1);
        sources[classes.length] = source("module-info.java", MODULE);
        Path module = compile("module", List.of("--module-path", joined(LIBRARIES)), sources);
        String path = joined(LIBRARIES) + File.pathSeparator + module;
        String line = Files.readString(Path.of("docs/embedding.md"))
                .lines()
                .filter(each -> each.startsWith("java --module-path "))
                .findFirst()
                .orElseThrow()
                .replace("app.jar:lib", path);
        assertThat(java(List.of(line.split(" ")).subList(1, line.split(" ").length)))
                .contains(EXPECTED)
                .doesNotContain("enable-native-access");
    }

    /** The {@code java} command compiles a source file in memory. */
    @Test
    void shouldRefuseAProgramThatWasStartedAsASourceFile() throws Exception {
        Path program = source("Demo.java", SOURCE_PROGRAM);
        assertThat(java(List.of("-cp", joined(LIBRARIES), program.toString())))
                .contains("refused: class of a program that was started as a source file: class=Demo, source="
                        + program.toUri().toString().replace("///", "/")
                        + ", expected=classes in a jar or folder; compile it with javac -d <folder>, start it with java"
                        + " -cp, or train in threads");
    }

    /** A loader of jars within a jar, such as Spring Boot's, reports such a place for its classes. */
    @Test
    void shouldRefuseClassesInAJarWithinAJar() throws Throwable {
        Class<?> main = new SecretiveLoader(URI.create(NESTED).toURL()).loadClass("app.Main");
        ProcessOptions defaults = ProcessOptions.defaults();
        assertThatThrownBy(() -> run(main, defaults))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("class in a jar within a jar: class=app.hidden.Clients$Trainee, source=" + NESTED
                        + ", expected=jars in a folder; unpack the outer jar and start that (a Spring Boot jar:"
                        + " java -Djarmode=tools -jar app.jar extract), or train in threads");
    }

    @Test
    void shouldAskForTheClassPathWhenAClassLoaderDoesNotSayWhereClassesComeFrom() throws Throwable {
        Class<?> main = new SecretiveLoader(null).loadClass("app.Main");
        ProcessOptions defaults = ProcessOptions.defaults();
        assertThatThrownBy(() -> run(main, defaults))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("class without a code source: class=app.hidden.Clients$Trainee")
                .hasMessageContaining("workerClassPath(...)");
        ProcessOptions named =
                ProcessOptions.builder().workerClassPath(List.of(classes)).build();
        assertThat(run(main, named)).isEqualTo(90f);
    }

    @Test
    void shouldRefuseAClassPathEntryThatDoesNotExist() throws Exception {
        Class<?> main = new SecretiveLoader(null).loadClass("app.Main");
        ProcessOptions wrong = ProcessOptions.builder()
                .workerClassPath(List.of(folder.resolve("nothing")))
                .build();
        assertThatThrownBy(() -> run(main, wrong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no such class path entry: workerClassPath=" + folder.resolve("nothing"));
    }

    private static Object run(Class<?> main, ProcessOptions options) throws Throwable {
        try {
            return main.getMethod("run", ProcessOptions.class).invoke(null, options);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** Defines the application's classes from bytes, as a loader of generated or encrypted classes does. */
    private static final class SecretiveLoader extends ClassLoader {

        private final ProtectionDomain domain;

        /**
         * Makes a loader.
         *
         * @param place the place of classes that it reports, or null
         */
        SecretiveLoader(URL place) {
            super(ProcessPoolClassPathTest.class.getClassLoader());
            domain = new ProtectionDomain(new CodeSource(place, (Certificate[]) null), null);
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            try {
                byte[] bytes = Files.readAllBytes(classes.resolve(name.replace('.', '/') + ".class"));
                return defineClass(name, bytes, 0, bytes.length, domain);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
