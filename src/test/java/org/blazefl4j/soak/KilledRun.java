package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/** One run with checkpoints, started again and again in the same folder. */
final class KilledRun {

    static final int ROUNDS = 30;

    private static final int SIGKILLED = 137;
    private static final long PATIENCE_MILLIS = 120_000;

    /** One start of so many is in a worker process; bits do not depend on it. */
    private static final int STARTS_PER_POOL = 4;

    private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1");

    private final String name;
    private final Path folder;
    private final long lifeMillis;
    private final SplittableRandom random;
    private int kills;
    private int resumes;
    private int saved = -1;

    /**
     * A run before its first start.
     *
     * @param name of the experiment
     * @param lifeMillis how long a start takes to the end of the run, about
     */
    KilledRun(String name, Path folder, long lifeMillis, SplittableRandom random) {
        this.name = name;
        this.folder = folder;
        this.lifeMillis = lifeMillis;
        this.random = random;
    }

    /** How often it was killed. */
    int kills() {
        return kills;
    }

    /** How often it went on from a checkpoint. */
    int resumes() {
        return resumes;
    }

    /**
     * Starts it, and kills it at some moment of its life.
     *
     * @param spare lets it come to its end
     * @return whether it did
     */
    boolean start(boolean spare) throws Exception {
        boolean pool = random.nextInt(STARTS_PER_POOL) == 0;
        long moment = random.nextLong(lifeMillis * (pool ? 2 : 1) + 1);
        try (Child child = Child.start(
                folder,
                QUICK_START,
                CheckpointProgram.class,
                name,
                folder.toString(),
                Integer.toString(ROUNDS),
                pool ? "process" : "serial")) {
            boolean ended = child.endsWithin(spare ? PATIENCE_MILLIS : moment);
            if (!ended) {
                assertThat(spare).as("hangs: " + child.err()).isFalse();
                child.kill();
            }
            return check(child, pool);
        }
    }

    private boolean check(Child child, boolean pool) throws Exception {
        int exit = child.exitValue();
        assertThat(exit).as(child.err()).isIn(0, SIGKILLED);
        assertThat(child.orphans()).as("processes left").isEmpty();
        OptionalInt resumed = last(child, "resumed ");
        if (resumed.isPresent()) {
            resumes++;
            assertThat(resumed.getAsInt()).as("rounds in the checkpoint").isGreaterThanOrEqualTo(saved);
        }
        saved = Math.max(saved, last(child, "saved ").orElse(-1));
        boolean complete = exit == 0;
        kills += complete ? 0 : 1;
        if (complete && pool) {
            assertThat(child.temporaryFiles()).as("temporary files left").isEmpty();
        }
        return complete;
    }

    private static OptionalInt last(Child child, String word) throws IOException {
        return child.out().stream()
                .filter(line -> line.startsWith(word))
                .mapToInt(line -> Integer.parseInt(line.substring(word.length())))
                .max();
    }
}
