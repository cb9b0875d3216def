package org.blazefl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the script {@code bin/blazefl4j} with a fake {@code java} that prints its arguments. */
@Slow
final class LauncherScriptTest {

    @TempDir
    private Path folder;

    private Path script;
    private Path java;

    @BeforeEach
    void distribute() throws IOException {
        Path dist = folder.resolve("a dist");
        script = Files.createDirectories(dist.resolve("bin")).resolve("blazefl4j");
        Files.copy(Path.of("src/main/dist/blazefl4j"), script, StandardCopyOption.COPY_ATTRIBUTES);
        Files.createFile(dist.resolve("blazefl4j.jar"));
        java = Files.createDirectories(folder.resolve("a jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s|' \"$@\"\nexit 7\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
    }

    private String jar() {
        return folder.resolve("a dist/blazefl4j.jar").toString();
    }

    private String run(int exitCode, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .directory(folder.toFile())
                .redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("JAVA_HOME", "JAVA_OPTS"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isEqualTo(exitCode);
        return out;
    }

    private Map<String, String> withJavaHome() {
        return Map.of("JAVA_HOME", folder.resolve("a jdk").toString());
    }

    @Test
    void shouldPassOnArgumentsAndTheExitCode() throws Exception {
        assertThat(run(7, withJavaHome(), "a dist/bin/blazefl4j", "run", "a b", "", "$HOME"))
                .isEqualTo("-Dblazefl4j.command=a dist/bin/blazefl4j|-jar|" + jar() + "|run|a b||$HOME|");
    }

    @Test
    void shouldFindItsJarThroughLinksAndJavaOnThePath() throws Exception {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("direct"), script);
        Files.createSymbolicLink(bin.resolve("bfl"), Path.of("direct"));
        Map<String, String> path = Map.of("PATH", bin + ":" + java.getParent() + ":/usr/bin:/bin");

        assertThat(run(7, path, "sh", "-c", "bfl run"))
                .isEqualTo("-Dblazefl4j.command=" + bin + "/bfl|-jar|" + jar() + "|run|");
    }

    @Test
    void shouldPassOnOptionsForJava() throws Exception {
        Map<String, String> environment =
                Map.of("JAVA_HOME", folder.resolve("a jdk").toString(), "JAVA_OPTS", "-Xmx1g -ea");
        assertThat(run(7, environment, script.toString())).startsWith("-Xmx1g|-ea|-Dblazefl4j.command=");
    }

    @Test
    void shouldNameMissingFiles() throws Exception {
        assertThat(run(2, Map.of("JAVA_HOME", "/none"), script.toString()))
                .isEqualTo(
                        "blazefl4j: no Java in JAVA_HOME: JAVA_HOME=/none, expected=/none/bin/java; set it to a JDK 17"
                                + " or newer, or unset it\n");
        Path tools = Files.createDirectory(folder.resolve("tools"));
        for (String tool : List.of("dirname", "readlink")) {
            Files.copy(Path.of("/usr/bin", tool), tools.resolve(tool), StandardCopyOption.COPY_ATTRIBUTES);
        }
        assertThat(run(2, Map.of("PATH", tools.toString()), "/bin/sh", script.toString()))
                .isEqualTo("blazefl4j: no Java found: expected=java on the PATH, or JAVA_HOME; install a JDK 17 or"
                        + " newer\n");
        Files.delete(Path.of(jar()));
        assertThat(run(2, withJavaHome(), script.toString()))
                .isEqualTo("blazefl4j: jar is missing: file=" + jar()
                        + "; keep bin/, lib/ and blazefl4j.jar together, and link to bin/blazefl4j\n");
    }
}
