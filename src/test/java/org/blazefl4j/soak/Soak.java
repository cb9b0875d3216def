package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the soak tests at a given length. A failure says how to repeat them. */
final class Soak {

    private static final long PATIENCE_MILLIS = TimeUnit.HOURS.toMillis(24);

    /** The whole heap is resident from the start, so memory that grows is native. */
    private static final List<String> HEAP = List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch");

    private Soak() {}

    private interface Part {
        List<String> run() throws Exception;
    }

    /**
     * Kills workers while experiments run.
     *
     * @param folder an empty one
     * @return the figures as Markdown
     */
    static List<String> ofPools(Path folder, SoakNumbers numbers) {
        return repeatably(numbers, () -> {
            List<String> jvm = new ArrayList<>(HEAP);
            jvm.addAll(numbers.toJvmArguments());
            try (Child program = Child.start(folder, jvm, PoolSoakProgram.class)) {
                program.endsWithin(PATIENCE_MILLIS);
                assertThat(program.exitValue())
                        .as(program.err() + String.join("\n", program.out()))
                        .isZero();
                assertThat(program.orphans()).as("processes left").isEmpty();
                assertThat(program.temporaryFiles()).as("temporary files left").isEmpty();
                return program.out();
            }
        });
    }

    /**
     * Kills and resumes runs with checkpoints.
     *
     * @param folder an empty one
     * @return the figures as Markdown
     */
    static List<String> ofCheckpoints(Path folder, SoakNumbers numbers) {
        return repeatably(numbers, () -> new CheckpointKills(folder, numbers).run());
    }

    private static List<String> repeatably(SoakNumbers numbers, Part part) {
        System.out.println("soak: repeat with " + numbers.repeat());
        try {
            return part.run();
        } catch (Exception | AssertionError e) {
            throw new AssertionError("soak failed, repeat with " + numbers.repeat() + ": " + e.getMessage(), e);
        }
    }
}
