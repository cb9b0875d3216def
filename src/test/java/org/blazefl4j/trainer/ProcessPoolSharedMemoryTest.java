package org.blazefl4j.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.blazefl4j.trainer.PoolClients.cids;
import static org.blazefl4j.trainer.PoolClients.down;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.blazefl4j.trainer.PoolClients.Algorithm;
import org.blazefl4j.util.Slow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pool where {@code /dev/shm} is too small, as in containers. */
@Slow
final class ProcessPoolSharedMemoryTest {

    private static final int FLOATS = 1_000_000;

    /** The parent with that shared memory. */
    static final class Program {

        private Program() {}

        /** Prints the results of one round. */
        public static void main(String[] args) {
            TrainerOptions two = TrainerOptions.builder().numParallels(2).build();
            try (var trainer = new ProcessPoolClientTrainer<>(new Algorithm(FLOATS), two)) {
                trainer.localProcess(down(FLOATS, 10), cids(6), up -> {
                    System.out.println(up.x().mean().item_float());
                    up.close();
                });
            }
        }
    }

    @BeforeAll
    static void requireRoot() throws Exception {
        assumeTrue(inMemory("size=1m", "true").waitFor() == 0, "mounting a file system needs root");
    }

    /** Runs a command with new shared memory; other processes keep theirs. */
    private static Process inMemory(String options, String command) throws IOException {
        String mounted = "mount -t tmpfs -o " + options + " tmpfs /dev/shm && exec " + command;
        return new ProcessBuilder("unshare", "--mount", "sh", "-c", mounted)
                .redirectErrorStream(true)
                .start();
    }

    @ParameterizedTest
    @CsvSource({
        "size=1m, segments do not fit in /dev/shm: bytes=",
        "ro, 'segments cannot lie in /dev/shm: errno=30 (Read-only file system), expected=a writable memory file system'"
    })
    void shouldTrainInAnonymousMemoryAndWarnOnceWhenSharedMemoryCannotBeUsed(String options, String why)
            throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process parent = inMemory(
                options,
                "'" + java + "' -classpath '" + System.getProperty("java.class.path") + "' '" + Program.class.getName()
                        + "'");
        String output = new String(parent.getInputStream().readAllBytes());
        assertThat(parent.waitFor()).as(output).isZero();
        assertThat(output.lines().filter(line -> line.matches("[0-9.]+")))
                .isEqualTo(List.of("10.0", "11.0", "12.0", "13.0", "14.0", "15.0"));
        assertThat(output.lines().filter(line -> line.contains("in /dev/shm")))
                .singleElement()
                .asString()
                .contains(why, "; using anonymous memory, ");
    }
}
