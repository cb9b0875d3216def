package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** A run with checkpoints, restarted in the same folder until it ends. */
final class KilledRun {

    static final int ROUNDS = 30;

    private static final int SIGKILLED = 137;
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int POLL_MILLIS = 2;

    /** One start in this many trains in a worker process; bits do not depend on it. */
    private static final int STARTS_PER_POOL = 4;

    /** One start in this many is killed before it saves anything. */
    private static final int STARTS_PER_EARLY_KILL = 4;

    private static final int MOST_CHECKPOINTS_PER_START = 10;

    private final String name;
    private final Path folder;
    private final SplittableRandom random;
    private int kills;
    private int resumes;
    private int saved = -1;

    /**
     * The rough speed of a start.
     *
     * @param beginMillis from the start of the JVM to its first checkpoint
     * @param roundMillis one round, with its checkpoint
     */
    record Pace(long beginMillis, long roundMillis) {}

    /**
     * Makes a run that has not started.
     *
     * @param name of the experiment
     */
    KilledRun(String name, Path folder, SplittableRandom random) {
        this.name = name;
        this.folder = folder;
        this.random = random;
    }

    /** Returns how often it was killed. */
    int kills() {
        return kills;
    }

    /** Returns how often it resumed from a checkpoint. */
    int resumes() {
        return resumes;
    }

    /** Starts it and lets it end. */
    Pace startAndSpare() throws Exception {
        long start = System.nanoTime();
        try (Child child = start(false)) {
            awaitCheckpoints(child, 1);
            long begun = System.nanoTime();
            awaitCheckpoints(child, Integer.MAX_VALUE);
            assertThat(check(child, false)).as("ended by itself").isTrue();
            long ended = System.nanoTime();
            return new Pace(
                    TimeUnit.NANOSECONDS.toMillis(begun - start),
                    TimeUnit.NANOSECONDS.toMillis(ended - begun) / ROUNDS);
        }
    }

    /**
     * Starts it, and kills it while it starts or in one of its next rounds.
     *
     * @return whether it ended before the kill
     */
    boolean startAndKill(Pace pace) throws Exception {
        boolean pool = random.nextInt(STARTS_PER_POOL) == 0;
        try (Child child = start(pool)) {
            if (random.nextInt(STARTS_PER_EARLY_KILL) == 0) {
                child.endsWithin(random.nextLong(pace.beginMillis() + 1));
            } else {
                awaitCheckpoints(child, random.nextInt(MOST_CHECKPOINTS_PER_START) + 1);
                child.endsWithin(random.nextLong(pace.roundMillis() + 1));
            }
            child.kill();
            return check(child, pool);
        }
    }

    private Child start(boolean pool) throws IOException {
        return Child.start(
                folder,
                List.of(),
                CheckpointProgram.class,
                name,
                folder.toString(),
                Integer.toString(ROUNDS),
                pool ? "process" : "serial");
    }

    /** Waits until this start has reported {@code count} checkpoints or has ended. */
    private static void awaitCheckpoints(Child child, int count) throws Exception {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (numbers(child, CheckpointProgram.SAVED).count() < count && !child.endsWithin(POLL_MILLIS)) {
            assertThat(System.nanoTime()).as("hangs: " + child.err()).isLessThan(end);
        }
    }

    private boolean check(Child child, boolean pool) throws Exception {
        int exit = child.exitValue();
        assertThat(exit).as(child.err()).isIn(0, SIGKILLED);
        assertThat(child.orphans()).as("processes left").isEmpty();
        int before = saved;
        numbers(child, CheckpointProgram.RESUMED).forEach(round -> {
            assertThat(round).as("rounds in the checkpoint").isGreaterThanOrEqualTo(before);
            resumes++;
        });
        saved = numbers(child, CheckpointProgram.SAVED).max().orElse(before);
        boolean complete = exit == 0;
        kills += complete ? 0 : 1;
        if (complete && pool) {
            assertThat(child.temporaryFiles()).as("temporary files left").isEmpty();
        }
        return complete;
    }

    private static IntStream numbers(Child child, String word) throws IOException {
        return child.out().stream()
                .filter(line -> line.startsWith(word))
                .mapToInt(line -> Integer.parseInt(line.substring(word.length())));
    }
}
