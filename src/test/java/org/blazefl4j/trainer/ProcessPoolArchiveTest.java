package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers of an application in jars start from a class archive, which its first run makes. */
@Slow
final class ProcessPoolArchiveTest {

    private static final Path CLASSES = Path.of("target", "classes");

    /** The native library stays outside the jar, because JavaCPP would keep a copy of it for each run of this test. */
    private static final Path NATIVES =
            CLASSES.resolve("org/blazefl4j/binding/linux-x86_64").toAbsolutePath();

    private static final String THIS_JDK = System.getProperty("java.home");

    @TempDir
    private static Path jars;

    @TempDir
    private Path folder;

    private static String classPath;

    @BeforeAll
    static void packLibraryAndProgram() throws IOException {
        List<String> path = new ArrayList<>();
        path.add(pack(CLASSES, "library.jar", "org/blazefl4j/"));
        path.add(pack(Path.of("target", "test-classes"), "program.jar", "org/blazefl4j/trainer/"));
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.contains("bytedeco"))
                .forEach(path::add);
        classPath = String.join(File.pathSeparator, path);
    }

    private static String pack(Path root, String name, String start) throws IOException {
        Path jar = jars.resolve(name);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> files = Files.walk(root.resolve(start))) {
            for (Path entry : files.filter(Files::isRegularFile).toList()) {
                if (!entry.toString().endsWith(".so")) {
                    out.putNextEntry(new JarEntry(root.relativize(entry).toString()));
                    Files.copy(entry, out);
                }
            }
        }
        return jar.toString();
    }

    private Path cache() {
        return folder.resolve("the cache");
    }

    private Process start(String jdk, String what) throws IOException {
        Path logs = Files.createDirectories(folder.resolve("logs"));
        try (Stream<Path> before = Files.list(logs)) {
            before.forEach(file -> assertThat(file.toFile().delete()).isTrue());
        }
        return new ProcessBuilder(
                        Path.of(jdk, "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.library.path=" + NATIVES,
                        "-classpath",
                        classPath,
                        ArchiveProgram.class.getName(),
                        cache().toString(),
                        logs.toString(),
                        what)
                .redirectErrorStream(true)
                .start();
    }

    /** Runs two pools of one worker and checks from where the workers loaded their main class. */
    private void run(String jdk, String what, boolean fromArchive) throws Exception {
        List<String> workers = run(jdk, what);
        assertThat(workers).hasSize(2);
        for (String pid : workers) {
            assertThat(Files.readAllLines(folder.resolve("logs").resolve(pid + ".log")))
                    .filteredOn(line -> line.contains("process.Worker source: "))
                    .singleElement()
                    .asString()
                    .contains(fromArchive ? "shared objects file" : "library.jar");
        }
    }

    /** Runs the program and returns the process ids of its workers. */
    private List<String> run(String jdk, String what) throws Exception {
        Process process = start(jdk, what);
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
        List<String> workers = output.lines()
                .filter(line -> line.startsWith(ArchiveProgram.WORKER))
                .map(line -> line.substring(ArchiveProgram.WORKER.length()))
                .toList();
        assertThat(output.lines().filter(line -> !line.isEmpty() && !line.startsWith("WARNING: ")))
                .as("nothing is said of archives")
                .hasSize(workers.size() + 1)
                .endsWith("done");
        return workers;
    }

    private void requireMadeAtTheFirstRunAndUsedByTheNext(String jdk) throws Exception {
        run(jdk, "make", false);
        assertThat(ArchiveProgram.archives(cache()))
                .as("of two pools one makes it")
                .hasSize(1);
        run(jdk, "run", true);
    }

    @Test
    void shouldMakeAnArchiveAtTheFirstRunUseItAndReplaceItIfDamaged() throws Exception {
        requireMadeAtTheFirstRunAndUsedByTheNext(THIS_JDK);
        Path archive = ArchiveProgram.archives(cache()).get(0);
        damage(archive);

        run(THIS_JDK, "make", false);

        assertThat(ArchiveProgram.archives(cache())).hasSize(1).doesNotContain(archive);
    }

    /** Damages the middle of the archive, which the JVM does not check. */
    private static void damage(Path archive) throws IOException {
        byte[] bytes = Files.readAllBytes(archive);
        for (int i = 0; i < 1000; i++) {
            bytes[bytes.length / 2 + i] ^= 0x55;
        }
        assertThat(archive.toFile().setWritable(true)).isTrue();
        Files.write(archive, bytes);
    }

    @Test
    void shouldUseTheArchivesOfNewerJdks() throws Exception {
        String jdk = newerJdk();
        assumeTrue(jdk != null, "no JDK from 25 on: BLAZEFL4J_NEW_JDK names none, and there is none beside this one");
        requireMadeAtTheFirstRunAndUsedByTheNext(jdk);
    }

    /** Returns the home of a JDK 25 or newer, or null if there is none. */
    private static String newerJdk() throws IOException {
        String named = System.getenv("BLAZEFL4J_NEW_JDK");
        if (named != null || Runtime.version().feature() >= 25) {
            return named == null ? THIS_JDK : named;
        }
        try (Stream<Path> beside = Files.list(Path.of(THIS_JDK).getParent())) {
            return beside.filter(ProcessPoolArchiveTest::isFrom25On)
                    .map(Path::toString)
                    .findFirst()
                    .orElse(null);
        }
    }

    private static boolean isFrom25On(Path home) {
        try (Stream<String> lines = Files.lines(home.resolve("release"))) {
            return lines.anyMatch(line -> line.matches("JAVA_VERSION=\"(2[5-9]|[3-9]\\d).*"));
        } catch (IOException noJdk) {
            return false;
        }
    }

    @Test
    void shouldRunWithoutAnArchiveWhereNoneCanBeWritten() throws Exception {
        Files.writeString(cache(), "a file");
        run(THIS_JDK, "run", false);
        assertThat(cache()).hasContent("a file");
    }

    @Test
    void shouldEndTheArchiveMakerWithThePool() throws Exception {
        run(THIS_JDK, "close");
        assertThat(cache().resolve("archives").toFile().list()).containsExactly("lock");
    }

    @Test
    void shouldEndTheArchiveMakerWhenTheParentIsKilled() throws Exception {
        Process program = start(THIS_JDK, "stay");
        try (BufferedReader output = program.inputReader()) {
            assertThat(output.readLine()).startsWith(ArchiveProgram.WORKER);
            assertThat(output.readLine()).isEqualTo("making");
            List<Long> children = program.descendants().map(ProcessHandle::pid).toList();
            assertThat(children).as("worker and maker").hasSize(2);
            program.destroyForcibly();
            Conditions.await("all end", () -> children.stream().noneMatch(Conditions::isRunning));
        } finally {
            program.destroyForcibly();
        }
    }
}
