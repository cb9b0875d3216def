package org.blazefl4j.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.soak.PoolSoak.Stretch;
import org.blazefl4j.torch.LibTorch;

/**
 * Runs experiments in process pools, each once while its workers are killed and once undisturbed, and watches this
 * process too. Prints its figures as lines of Markdown; fails by an exception.
 */
final class PoolSoakProgram {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final SoakNumbers numbers;
    private Look firstClosed;

    private PoolSoakProgram(SoakNumbers numbers) {
        this.numbers = numbers;
    }

    /** Runs what the system properties ask for, see {@link SoakNumbers}. */
    public static void main(String[] args) throws Exception {
        LibTorch.tune();
        try (Experiments experiments = new Experiments()) {
            new PoolSoakProgram(SoakNumbers.full()).run(experiments);
        }
    }

    private void run(Experiments experiments) throws Exception {
        List<Experiment<?, ?, ?, ?>> training =
                experiments.training().stream().limit(numbers.algorithms()).toList();
        int share = numbers.kills() / (training.size() + 1);
        soak(experiments.empty(), numbers.emptyRounds(), numbers.kills() - share * training.size());
        for (Experiment<?, ?, ?, ?> experiment : training) {
            soak(experiment, numbers.trainingRounds() / training.size(), share);
        }
    }

    private <C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable> void soak(
            Experiment<C, D, U, S> experiment, int rounds, int kills) throws Exception {
        Duration time = Duration.ofMinutes(numbers.minutes());
        PoolSoak.Course disturbed =
                PoolSoak.run(experiment, new Stretch(numbers.legs(), rounds, kills, time), numbers.seed());
        requireNothingLeft(experiment.name());
        int count = disturbed.hashes().size();
        PoolSoak.Course quiet =
                PoolSoak.run(experiment, new Stretch(numbers.legs(), count, 0, Duration.ZERO), numbers.seed());
        Look closed = requireNothingLeft(experiment.name());
        PoolSoakReport.print(experiment.name(), disturbed, quiet, closed);
        requireSameBits(experiment.name(), disturbed.hashes(), quiet.hashes());
        requireFlat(experiment.name() + ", disturbed", disturbed.looks());
        requireFlat(experiment.name() + ", undisturbed", quiet.looks());
    }

    private static void requireSameBits(String name, List<String> disturbed, List<String> quiet) {
        for (int round = 0; round < disturbed.size(); round++) {
            assertThat(disturbed.get(round))
                    .as(name + ", model after round " + round)
                    .isEqualTo(quiet.get(round));
        }
    }

    private static void requireFlat(String name, List<Look> looks) {
        Flatness.check(name, looks.get(0), looks.get(looks.size() - 1));
    }

    /** Fails if closed pools have left anything. Compares with the first call. */
    private Look requireNothingLeft(String name) {
        Look now = lookWhenFreed();
        assertThat(now.children()).as(name + ", processes after close").isZero();
        assertThat(now.files()).as(name + ", temporary files after close").isZero();
        assertThat(now.parent().segments()).as(name + ", segments after close").isZero();
        assertThat(ownThreads()).as(name + ", threads after close").isEmpty();
        firstClosed = firstClosed == null ? now : firstClosed;
        Flatness.check(name + ", after close", firstClosed, now);
        return now;
    }

    /** Waits for threads of ours that are ending, and for segments, which their last tensor unmaps when collected. */
    private static Look lookWhenFreed() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Look now = Look.at(List.of());
        while ((now.parent().segments() > 0 || !ownThreads().isEmpty()) && System.nanoTime() < end) {
            now = Look.at(List.of());
        }
        return now;
    }

    private static Set<String> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("blazefl4j-"))
                .collect(Collectors.toSet());
    }
}
