package org.blazefl4j.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.blazefl4j.util.Slow;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the library in a host application, {@link HostProgram}. ProcessPoolClassPathTest covers other class loaders and
 * the module path.
 */
@Slow
final class EmbeddingTest {

    /** Keeps the JVM from starting threads at any time, which would look like the library's. */
    private static final List<String> STEADY = List.of(
            "-XX:+UseSerialGC",
            "-XX:-UseDynamicNumberOfCompilerThreads",
            "--add-opens=java.base/java.lang=ALL-UNNAMED");

    @TempDir
    private Path folder;

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Returns the command of the program, with a separate temporary folder. */
    private List<String> program(List<String> options, String... arguments) throws IOException {
        Path temporary = Files.createDirectories(folder.resolve("tmp"));
        List<String> command =
                new ArrayList<>(List.of(java(), "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + temporary));
        command.addAll(options);
        command.addAll(List.of("-classpath", System.getProperty("java.class.path"), HostProgram.class.getName()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private static void requireSound(ProcessBuilder program) throws Exception {
        Process process = program.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.lines().filter(line -> !line.startsWith("SLF4J"))).containsExactly("done");
    }

    /** Uses a locale with unusual upper and lower case. */
    @Test
    void shouldChangeNoSettingsOfTheHost() throws Exception {
        List<String> options = new ArrayList<>(STEADY);
        options.addAll(List.of("-Duser.language=tr", "-Duser.country=TR"));
        requireSound(new ProcessBuilder(program(options, "settings")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SINGLE_THREADED MULTI_THREADED", "MULTI_PROCESS"})
    void shouldLeakNothingWhenTrainersAreOpenedAndClosedRepeatedly(String modes) throws Exception {
        requireSound(new ProcessBuilder(program(STEADY, ("cycles " + modes).split(" "))));
    }

    /** Working directory and home are read-only; natives go to the folder that JavaCPP is told. */
    @Test
    void shouldNeedOnlyTheTemporaryFolderAndTheNativeCache() throws Exception {
        Path cache = folder.resolve("cache");
        linkTree(Loader.getCacheDir().toPath(), cache);
        Path home = Files.createDirectory(folder.resolve("home"));
        List<String> options = new ArrayList<>(STEADY);
        options.addAll(List.of("-Duser.home=" + home, "-Dorg.bytedeco.javacpp.cachedir=" + cache));
        List<String> command = program(options, "restricted", cache.toString());
        requireSound(new ProcessBuilder(readOnly(home, command)).directory(home.toFile()));
        deleteLinks(cache);
    }

    /** Deletes JavaCPP's links to system libraries, since JUnit would warn about each. */
    private static void deleteLinks(Path cache) throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
    }

    /** Copies by hard links, which saves JavaCPP from unpacking everything again. */
    private static void linkTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectory(copy);
                } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    link(file, copy);
                }
            }
        }
    }

    private static void link(Path file, Path copy) throws IOException {
        try {
            Files.createLink(copy, file);
        } catch (FileSystemException elsewhere) {
            Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /** Makes the home read-only; for root, which ignores permissions, by a read-only mount. */
    private static List<String> readOnly(Path home, List<String> command) throws Exception {
        assertThat(home.toFile().setWritable(false)).isTrue();
        if (!Files.isWritable(home)) {
            return command;
        }
        int rights = new ProcessBuilder("unshare", "--mount", "true").start().waitFor();
        assumeTrue(rights == 0, "root that may not mount cannot be kept from writing");
        String mounted = "mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && exec \"$@\"";
        List<String> wrapped = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", mounted, "sh"));
        wrapped.addAll(command);
        return wrapped;
    }
}
