package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Slow
final class LauncherTest {

    private static final int JAVA_8 = 52;

    @ParameterizedTest
    @ValueSource(strings = {"17", "21", "25", "26-ea"})
    void shouldStartOnJava17AndNewer(String java) {
        assertThat(Launcher.refusal(java, "Linux", "amd64")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.8", "9", "11", "16"})
    void shouldRefuseAnOlderJavaInOneLine(String java) {
        assertThat(Launcher.refusal(java, "Linux", "amd64"))
                .isEqualTo("blazefl4j: Java is too old: version=" + java
                        + ", limit=17; use a newer java, or set JAVA_HOME to one");
    }

    @ParameterizedTest
    @CsvSource({"Linux, aarch64", "Mac OS X, x86_64", "Windows 11, amd64"})
    void shouldRefuseAnotherPlatformInOneLine(String os, String architecture) {
        assertThat(Launcher.refusal("17", os, architecture))
                .isEqualTo("blazefl4j: platform not supported: platform=" + os + " " + architecture
                        + ", expected=Linux x86_64; run it there, or in a Linux container");
    }

    /** The texts of options are resources, which a module hides unless it opens their package. */
    @ParameterizedTest
    @CsvSource({"run, In each round some of the clients", "bench, Number of parameters in empty rounds"})
    void shouldFindTheTextsOfOptionsOnTheModulePath(String command, String text, @TempDir Path folder)
            throws Exception {
        try (CliProcess cli = CliProcess.startAsModule(folder, command, "--help")) {
            assertThat(cli.exitCode()).as(cli.err()).isZero();
            assertThat(cli.out()).containsIgnoringCase(text);
        }
    }

    /** Copies only the jar, without the libraries beside it. */
    @Test
    void shouldNameLibrariesMissingBesideItsJar(@TempDir Path folder) throws Exception {
        Files.createFile(Files.createDirectory(folder.resolve("lib")).resolve("there.jar"));
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Launcher.class.getName());
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, "lib/a.jar lib/there.jar lib/b.jar");
        Path jar = folder.resolve("blazefl4j.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream bytes = Launcher.class.getResourceAsStream("Launcher.class")) {
            out.putNextEntry(new JarEntry(Launcher.class.getName().replace('.', '/') + ".class"));
            bytes.transferTo(out);
        }

        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        jar.toString(),
                        "run")
                .redirectErrorStream(true)
                .start();

        assertThat(new String(process.getInputStream().readAllBytes()))
                .isEqualToNormalizingNewlines("blazefl4j: libraries are missing: folder=" + folder
                        + ", missing=lib/a.jar lib/b.jar; keep the jar next to its folder lib\n");
        assertThat(process.waitFor()).isEqualTo(2);
    }

    @Test
    void shouldLoadOnJava8() throws IOException {
        try (DataInputStream bytes = new DataInputStream(Launcher.class.getResourceAsStream("Launcher.class"))) {
            bytes.skipNBytes(6);

            assertThat(bytes.readUnsignedShort()).isEqualTo(JAVA_8);
        }
    }
}
