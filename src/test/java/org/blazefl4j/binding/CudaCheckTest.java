package org.blazefl4j.binding;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what {@code native/cuda/check.sh} says, and how it ends, where it cannot check. */
class CudaCheckTest {

    private static final int FAILED = 1;
    private static final int NOT_ALL_RAN = 2;

    @TempDir
    Path tools;

    private String lines = "";

    @BeforeEach
    void hasAShell() throws IOException {
        makeTool("sh", "exec /bin/sh \"$@\"");
    }

    @Test
    void shouldSayThatThereIsNoDevice() throws Exception {
        assertThat(exitValueOfCheck()).isEqualTo(NOT_ALL_RAN);
        assertThat(lines)
                .isEqualTo("could not run: anything: nvidia-smi finds no device;"
                        + " run on a machine with a GPU and a driver for CUDA 13 (580 or newer)\n");
    }

    @Test
    void shouldSayWhatItCannotRunWithoutTools() throws Exception {
        makeTool("nvidia-smi", "exit 0");
        assertThat(exitValueOfCheck()).isEqualTo(NOT_ALL_RAN);
        assertThat(lines)
                .contains("could not run: native tests and table: missing=nvcc on the PATH;"
                        + " install the CUDA toolkit and CMake\n")
                .contains("could not run: Java tests: missing=mvn; install Maven and a JDK\n")
                .endsWith("result: all that ran passed, but not all could run\n");
    }

    @Test
    void shouldFailWhenSomethingFails() throws Exception {
        makeTool("nvidia-smi", "exit 0");
        makeTool("nvcc", "exit 0");
        makeTool("cmake", "exit 0"); // and no compiler
        assertThat(exitValueOfCheck()).isEqualTo(FAILED);
        assertThat(lines).contains("failed: the build of the native tests\n").endsWith("result: something failed\n");
    }

    private int exitValueOfCheck() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "native/cuda/check.sh").redirectErrorStream(true);
        builder.environment().put("PATH", tools.toString());
        builder.environment().remove("CXX");
        Process check = builder.start();
        lines = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return check.waitFor();
    }

    private void makeTool(String name, String command) throws IOException {
        Path file = tools.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + command + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
