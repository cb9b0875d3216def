package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes load native libraries for the first time, with one cache folder. */
@Slow
final class FirstRunsTest {

    private static final int PAIRS = 5;
    private static final long LAST_START_MILLIS = 2000;

    @TempDir
    private Path folder;

    private Process start(Path cache, String classPath, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash"),
                "-Dorg.bytedeco.javacpp.cachedir=" + cache,
                "-classpath",
                classPath,
                LoadingProgram.class.getName()));
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private Process start(Path cache) throws IOException {
        return start(cache, System.getProperty("java.class.path"));
    }

    private static String output(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
        return output.strip();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(5);
        }
    }

    private static void signal(String name, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Truncates the last file, the worst case: libtorch.so is loaded earlier and depends on it. */
    private static boolean isHalfUnpacked(Path cache) {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(file -> file.getFileName().toString().startsWith("libtorch_cpu.so"))
                    .anyMatch(file -> file.toFile().length() > 1 << 20);
        } catch (IOException | java.io.UncheckedIOException changing) {
            return false;
        }
    }

    private static boolean waitsForALock(Process process) {
        try {
            return Files.readAllLines(Path.of("/proc/locks")).stream()
                    .anyMatch(line -> line.contains("-> ") && line.contains(" " + process.pid() + " "));
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void shouldRepairTheCacheAfterAKillDuringUnpacking() throws Exception {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Process first = start(cache);
        await(() -> isHalfUnpacked(cache));
        signal("STOP", first);
        Process second = start(cache);
        await(() -> waitsForALock(second) || !second.isAlive());
        first.destroyForcibly();
        assertThat(output(second)).endsWith("loaded");
        try (Stream<Path> files = Files.walk(cache)) {
            assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
        }
        assertThat(output(start(cache))).endsWith("loaded");
        delete(cache);
    }

    @Test
    void shouldLoadInTwoRunsStartedShortlyAfterEachOther() throws Exception {
        for (int i = 0; i < PAIRS; i++) {
            Path cache = Files.createDirectory(folder.resolve("cache" + i));
            Process first = start(cache);
            first.waitFor(LAST_START_MILLIS * i / (PAIRS - 1), TimeUnit.MILLISECONDS);
            Process second = start(cache);
            assertThat(output(first)).endsWith("loaded");
            assertThat(output(second)).endsWith("loaded");
            delete(cache);
        }
    }

    /** Also deletes links out of the folder: JUnit would warn about them. */
    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    @Test
    void shouldKeepLibrariesOfBuildsWithTheSameJarNameApart() throws Exception {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        List<Path> files = new ArrayList<>();
        for (String build : List.of("one", "other")) {
            Path file = Path.of(output(start(cache, build(build), "own")));
            assertThat(file).startsWith(cache);
            assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                    .endsWith(build);
            files.add(file);
        }
        assertThat(files).doesNotHaveDuplicates().allMatch(Files::exists);
    }

    /** Returns the class path of a jar whose native library differs from those of other builds. */
    private String build(String name) throws IOException {
        Path classes = Path.of(
                Native.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        Path jar = Files.createDirectory(folder.resolve(name)).resolve("blazefl4j.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
                Files.copy(file, zip);
                if (file.toString().endsWith(".so")) {
                    zip.write(name.getBytes());
                }
            }
        }
        return System.getProperty("java.class.path").replace(classes.toString(), jar.toString());
    }
}
