package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the messages about missing tools of the native build. */
class NativeBuildTest {

    @TempDir
    Path temporary;

    @Test
    void shouldNameCMakeWhenItIsMissing() throws Exception {
        assertThat(linesOfBuildWith(Map.of()))
                .isEqualTo("[ERROR] native build: missing=cmake;"
                        + " install CMake 3.18 or newer (Debian, Ubuntu: apt-get install cmake)\n");
    }

    @Test
    void shouldNameTheCompilerWhenItIsMissing() throws Exception {
        assertThat(linesOfBuildWith(Map.of(), "cmake"))
                .isEqualTo("[ERROR] native build: missing=c++;"
                        + " install a C++17 compiler (Debian, Ubuntu: apt-get install g++)\n");
    }

    @Test
    void shouldNameTheRequestedCompilerWhenItIsMissing() throws Exception {
        assertThat(linesOfBuildWith(Map.of("CXX", "no-such-compiler"), "cmake", "c++"))
                .isEqualTo("[ERROR] native build: missing=no-such-compiler;"
                        + " the variable CXX names this compiler; install it or unset CXX\n");
    }

    @Test
    void shouldNameMakeWhenItIsMissing() throws Exception {
        assertThat(linesOfBuildWith(Map.of(), "cmake", "g++"))
                .isEqualTo("[ERROR] native build: missing=make;"
                        + " install make or ninja (Debian, Ubuntu: apt-get install make)\n");
    }

    @Test
    void shouldSayThatCudaIsLeftOutWhenThereIsNoNvcc() throws Exception {
        assertThat(linesOfConfigurationWith(pathWithoutNvcc()))
                .contains("-- BlazeFL4J: CUDA sources left out: nvcc is not on the PATH");
    }

    @Test
    void shouldSayThatCudaIsLeftOutWhenNvccDoesNotWork() throws Exception {
        Path broken = Files.createDirectory(temporary.resolve("cuda"));
        makeTool(broken.resolve("nvcc"));
        assertThat(linesOfConfigurationWith(broken + File.pathSeparator + pathWithoutNvcc()))
                .contains("-- BlazeFL4J: CUDA sources left out: " + broken.resolve("nvcc") + " does not work here");
    }

    private static String pathWithoutNvcc() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .filter(folder -> Files.notExists(Path.of(folder, "nvcc")))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Configures the native library without building it; returns the lines of BlazeFL4J. */
    private List<String> linesOfConfigurationWith(String path) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        "cmake",
                        "-S",
                        "native",
                        "-B",
                        temporary.resolve("build").toString(),
                        "-DBFL_JNI_DIR=" + Path.of("target", "native", "jni").toAbsolutePath(),
                        "-DBFL_JAVA_HOME=" + System.getProperty("java.home"),
                        "-DBFL_JNI_OUTPUT=" + temporary.resolve("output"))
                .redirectErrorStream(true);
        builder.environment().put("PATH", path);
        builder.environment().remove("CUDACXX");
        Process configuration = builder.start();
        String lines = new String(configuration.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(configuration.waitFor()).as(lines).isZero();
        return lines.lines().toList();
    }

    /** Runs the build with only the given tools; it must fail. */
    private String linesOfBuildWith(Map<String, String> environment, String... tools) throws Exception {
        Path path = Files.createDirectory(temporary.resolve("path"));
        for (String tool : tools) {
            makeTool(path.resolve(tool));
        }
        ProcessBuilder builder = new ProcessBuilder(
                        "/bin/sh", "native/build.sh", temporary.resolve("build").toString())
                .redirectErrorStream(true);
        builder.environment().remove("CXX");
        builder.environment().put("PATH", path.toString());
        builder.environment().putAll(environment);
        Process build = builder.start();
        String lines = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(build.waitFor()).isOne();
        assertThat(temporary.resolve("build")).doesNotExist();
        return lines;
    }

    private static void makeTool(Path file) throws IOException {
        Files.writeString(file, "#!/bin/sh\nexit 0\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
