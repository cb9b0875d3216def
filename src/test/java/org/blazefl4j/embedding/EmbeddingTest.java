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
 * The library in somebody else's process, {@link HostProgram}. Other class loaders and the module path are in
 * ProcessPoolClassPathTest.
 */
@Slow
final class EmbeddingTest {

    /** Threads that the JVM starts when it likes would look like the library's. */
    private static final List<String> STEADY = List.of(
            "-XX:+UseSerialGC",
            "-XX:-UseDynamicNumberOfCompilerThreads",
            "--add-opens=java.base/java.lang=ALL-UNNAMED");

    @TempDir
    private Path folder;

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** The command of the program, whose temporary folder is its own. */
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

    /** In a locale in which upper and lower case are not what one expects. */
    @Test
    void shouldChangeNothingThatIsTheHosts() throws Exception {
        List<String> options = new ArrayList<>(STEADY);
        options.addAll(List.of("-Duser.language=tr", "-Duser.country=TR"));
        requireSound(new ProcessBuilder(program(options, "settings")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SINGLE_THREADED MULTI_THREADED", "MULTI_PROCESS"})
    void shouldLeaveNothingHoweverOftenTrainersAreOpenedAndClosed(String modes) throws Exception {
        requireSound(new ProcessBuilder(program(STEADY, ("cycles " + modes).split(" "))));
    }

    /** A working directory and a home that cannot be written to; natives go where JavaCPP is told. */
    @Test
    void shouldNeedNoFolderButTheTemporaryOneAndTheNativeCache() throws Exception {
        Path cache = folder.resolve("cache");
        linkTree(Loader.getCacheDir().toPath(), cache);
        Path home = Files.createDirectory(folder.resolve("home"));
        List<String> options = new ArrayList<>(STEADY);
        options.addAll(List.of("-Duser.home=" + home, "-Dorg.bytedeco.javacpp.cachedir=" + cache));
        List<String> command = program(options, "restricted", cache.toString());
        requireSound(new ProcessBuilder(readOnly(home, command)).directory(home.toFile()));
        deleteLinks(cache);
    }

    /** JavaCPP links libraries of the machine into its cache; JUnit would warn of each as it deletes them. */
    private static void deleteLinks(Path cache) throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
    }

    /** A copy that takes no time, so that JavaCPP need not unpack everything once more. */
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

    /** Root writes where it likes, but not to a mount that is read-only. */
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
