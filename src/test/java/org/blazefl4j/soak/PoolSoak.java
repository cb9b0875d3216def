package org.blazefl4j.soak;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.ProcessPoolClientTrainer;
import org.blazefl4j.trainer.TrainerOptions;

/**
 * Runs one experiment in a process pool, in legs. After each leg no worker is killed until all have returned a package.
 * Then it looks at them, so that looks can be compared.
 */
final class PoolSoak<C, D, U> {

    static final int WORKERS = 2;

    private static final Duration HEARTBEAT = Duration.ofSeconds(2);
    private static final FailurePolicy RETRY = FailurePolicy.retry(200);
    private static final Duration TIME_LIMIT = Duration.ofMinutes(5);

    /** Longer than workers take to give memory back. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Longer than a worker may be silent. */
    private static final Duration LONGEST_STOP = Duration.ofSeconds(3);

    /** The whole heap is resident from the start, so memory that grows is native. */
    private static final List<String> WORKER_HEAP = List.of("-Xms40m", "-Xmx40m", "-XX:+AlwaysPreTouch");

    /** Crash reports go above the temporary folder, in which nothing may be left. */
    private static final Path CRASHES =
            Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().getParent();

    private final Experiment<C, D, U, ?> experiment;
    private final ServerHandler<D, U> server;
    private final ProcessPoolClientTrainer<C, D, U> trainer;
    private final Killer killer;
    private final List<String> hashes = new ArrayList<>();
    private final List<Look> looks = new ArrayList<>();
    private final Set<Long> worked = new HashSet<>();
    private int retries;

    private PoolSoak(
            Experiment<C, D, U, ?> experiment,
            ServerHandler<D, U> server,
            ProcessPoolClientTrainer<C, D, U> trainer,
            Killer killer) {
        this.experiment = experiment;
        this.server = server;
        this.trainer = trainer;
        this.killer = killer;
    }

    /**
     * The course of a run.
     *
     * @param hashes the model's after every round
     * @param looks after every leg
     * @param retries failures of clients that a later attempt made good
     */
    record Course(List<String> hashes, List<Look> looks, int kills, int stops, int retries, Duration time) {}

    /** The length of a run: its kills, and the least number of rounds and the least time. */
    record Stretch(int legs, int rounds, int kills, Duration time) {}

    /** Runs an experiment from its start. */
    static <C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable> Course run(
            Experiment<C, D, U, S> experiment, Stretch stretch, long seed) throws Exception {
        try (var server = experiment.server().apply(Integer.MAX_VALUE - 1);
                var trainer = trainer(experiment);
                Killer killer = new Killer(seed, trainer::workerPids, (int) LONGEST_STOP.toMillis())) {
            return new PoolSoak<>(experiment, server, trainer, killer).run(stretch);
        }
    }

    private static <C, D, U> ProcessPoolClientTrainer<C, D, U> trainer(Experiment<C, D, U, ?> experiment) {
        TrainerOptions options = TrainerOptions.builder()
                .numParallels(WORKERS)
                .onClientFailure(RETRY)
                .clientTimeLimit(TIME_LIMIT)
                .build();
        ProcessOptions process = ProcessOptions.builder()
                .heartbeat(HEARTBEAT)
                .jvmArguments(WORKER_HEAP)
                .crashFolder(CRASHES)
                .build();
        return new ProcessPoolClientTrainer<>(experiment.clients(), options, process);
    }

    private Course run(Stretch stretch) {
        long start = System.nanoTime();
        for (int leg = 1; leg <= stretch.legs(); leg++) {
            int rounds = stretch.rounds() * leg / stretch.legs();
            int kills = stretch.kills() * leg / stretch.legs();
            long end = start + stretch.time().toNanos() * leg / stretch.legs();
            killer.resume(kills);
            runUntil(() -> hashes.size() >= rounds && killer.kills() >= kills && System.nanoTime() >= end);
            killer.pause();
            worked.clear();
            runUntil(() -> worked.containsAll(trainer.workerPids()));
            looks.add(look());
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        return new Course(hashes, looks, killer.kills(), killer.stops(), retries, elapsed);
    }

    /** Looks at the workers. Repeats a look that finds more than the first, because idle workers give memory back. */
    private Look look() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Look look = lookAtWorkers(end);
        while (!looks.isEmpty() && !Flatness.isFlat(looks.get(0), look) && System.nanoTime() < end) {
            look = lookAtWorkers(end);
        }
        return look;
    }

    /** Looks again if a worker ends meanwhile: it was killed before, and is replaced. */
    private Look lookAtWorkers(long end) {
        while (true) {
            try {
                return Look.at(trainer.workerPids());
            } catch (UncheckedIOException ended) {
                if (System.nanoTime() > end) {
                    throw ended;
                }
            }
        }
    }

    /** Runs whole rounds until it is enough at the end of one. */
    private void runUntil(BooleanSupplier enough) {
        Simulation<D, U> simulation = new Simulation<>(server, trainer);
        simulation.addListener(new RoundListener<>() {
            @Override
            public void clientLoaded(int round, U uplink) {
                long pid = experiment.pid().applyAsLong(uplink);
                worked.add(pid);
                killer.worked(pid);
            }

            @Override
            public void roundFinished(RoundReport report) {
                hashes.add((String) report.summary().get("sha256"));
                retries += report.retries();
                if (enough.getAsBoolean()) {
                    simulation.stop();
                }
            }
        });
        simulation.run();
    }
}
