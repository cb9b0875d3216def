package org.blazefl4j.soak;

import java.util.List;

/**
 * The length of a soak test. Each number is a system property {@code blazefl4j.soak.<name>}.
 *
 * @param seed of all random numbers of the test
 * @param kills of worker processes, over all experiments
 * @param emptyRounds the least number of rounds without training
 * @param algorithms how many of the algorithms are run
 * @param trainingRounds the least number of rounds with training, over all experiments
 * @param minutes the least time for each experiment
 * @param legs how often an experiment looks at its resources
 * @param checkpointKills of runs that save checkpoints
 * @param resumes the least number of resumed runs
 */
record SoakNumbers(
        long seed,
        int kills,
        int emptyRounds,
        int algorithms,
        int trainingRounds,
        int minutes,
        int legs,
        int checkpointKills,
        int resumes) {

    private static final String PREFIX = "blazefl4j.soak.";

    /** Returns numbers for every build. */
    static SoakNumbers brief() {
        return new SoakNumbers(seedProperty(), 5, 100, 1, 30, 0, 2, 3, 2);
    }

    /** Returns the numbers that system properties set, and the full numbers for others. */
    static SoakNumbers full() {
        return new SoakNumbers(
                seedProperty(),
                property("kills", 200),
                property("emptyRounds", 3000),
                property("algorithms", 3),
                property("trainingRounds", 500),
                property("minutes", 0),
                property("legs", 5),
                property("checkpointKills", 100),
                property("resumes", 50));
    }

    private static long seedProperty() {
        return Long.getLong(PREFIX + "seed", System.nanoTime() & 0xFFFF_FFFFL);
    }

    private static int property(String name, int standard) {
        return Integer.getInteger(PREFIX + name, standard);
    }

    /** Returns arguments of a JVM in which {@link #full()} returns the same numbers. */
    List<String> toJvmArguments() {
        return List.of(
                argument("seed", seed),
                argument("kills", kills),
                argument("emptyRounds", emptyRounds),
                argument("algorithms", algorithms),
                argument("trainingRounds", trainingRounds),
                argument("minutes", minutes),
                argument("legs", legs),
                argument("checkpointKills", checkpointKills),
                argument("resumes", resumes));
    }

    private static String argument(String name, long value) {
        return "-D" + PREFIX + name + "=" + value;
    }

    /** Returns the argument that repeats the run. */
    String repeat() {
        return argument("seed", seed);
    }
}
