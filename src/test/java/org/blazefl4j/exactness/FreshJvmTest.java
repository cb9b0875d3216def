package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fresh JVM gives the same bits, although its locale, time zone and JIT differ, and malloc fills new memory with
 * rubbish.
 */
@Slow
final class FreshJvmTest {

    private static final long PATIENCE_SECONDS = 300;

    @TempDir
    private Path folder;

    @Test
    void shouldGiveTheSameBitsInAFreshJvm() throws Exception {
        List<String> expected = Stream.of(Algorithm.values())
                .flatMap(algorithm -> Trial.expected(algorithm, Net.CNN).stream())
                .toList();

        assertThat(linesOf(HashesProgram.class)).isEqualTo(expected);
    }

    private List<String> linesOf(Class<?> program) throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Duser.language=tr",
                        "-Duser.timezone=Asia/Tokyo",
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("MALLOC_PERTURB_", "165");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        } finally {
            process.destroyForcibly();
        }
        return Files.readAllLines(out);
    }
}
