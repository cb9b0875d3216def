package org.blazefl4j.exactness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.blazefl4j.checkpoint.Checkpoints;
import org.blazefl4j.core.Checkpointable;
import org.blazefl4j.core.ClientAlgorithm;
import org.blazefl4j.core.ClientFailedException;
import org.blazefl4j.core.RoundListener;
import org.blazefl4j.core.RoundReport;
import org.blazefl4j.core.ServerHandler;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.data.Dataset;
import org.blazefl4j.trainer.AbstractClientTrainer;
import org.blazefl4j.trainer.FailurePolicy;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.trainer.TrainerOptions;
import org.blazefl4j.util.Fault;

/** Runs an algorithm with a model in some way, with or without a disturbance. The hashes are always the same. */
final class Trial {

    private static final Map<String, Outcome> UNDISTURBED = new ConcurrentHashMap<>();

    private final Algorithm algorithm;
    private final Net net;
    private Way way = Way.SERIAL;
    private boolean spoilt;
    private BiFunction<Integer, Dataset, Dataset> around = (cid, data) -> data;
    private String faults = "";
    private int retries;
    private Path checkpoints;
    private int until;

    /** Serial and undisturbed. */
    Trial(Algorithm algorithm, Net net) {
        this.algorithm = algorithm;
        this.net = net;
        this.until = net.rounds();
    }

    /** Returns the hashes that every run must give: those of the undisturbed serial run. */
    static List<String> expected(Algorithm algorithm, Net net) {
        return undisturbed(algorithm, net).hashes();
    }

    /** Returns the outcome of the undisturbed serial run, which runs once. */
    static Outcome undisturbed(Algorithm algorithm, Net net) {
        return UNDISTURBED.computeIfAbsent(algorithm + " " + net, key -> {
            Outcome outcome = new Trial(algorithm, net).run();
            assertThat(outcome.hashes()).hasSize(net.rounds()).doesNotHaveDuplicates();
            return outcome;
        });
    }

    Trial in(Way way) {
        this.way = way;
        return this;
    }

    /** Lets each client find its worker's model spoilt. */
    Trial spoilt() {
        spoilt = true;
        return this;
    }

    /** Wraps each client's data. */
    Trial around(BiFunction<Integer, Dataset, Dataset> wrapper) {
        around = wrapper;
        return this;
    }

    /** Sets faults in worker processes, and the retries of their clients. */
    Trial faults(String faults, int retries) {
        this.faults = faults;
        this.retries = retries;
        return this;
    }

    /** Resumes from the latest checkpoint in the folder, and saves one after the last round. */
    Trial checkpoints(Path folder) {
        checkpoints = folder;
        return this;
    }

    /** Runs until this number of rounds is complete, with those before a checkpoint. */
    Trial until(int rounds) {
        until = rounds;
        return this;
    }

    /** Runs the rounds. */
    Outcome run() {
        try (Images images = new Images(around)) {
            return run(algorithm.experiment(net, images, until));
        } catch (Exception e) {
            throw new AssertionError(algorithm + " of " + net + " in " + way + ": " + e, e);
        }
    }

    private <C, D, U, S extends ServerHandler<D, U> & Checkpointable & AutoCloseable> Outcome run(
            Experiment<C, D, U, S> experiment) throws Exception {
        ClientAlgorithm<C, D, U> clients = spoilt ? experiment.spoilt() : experiment.clients();
        try (S server = experiment.server().get();
                AbstractClientTrainer<C, D, U> trainer = way.mode().trainer(clients, options(), process())) {
            Watch<U> watch = new Watch<>(experiment, server, trainer);
            Simulation<D, U> simulation = new Simulation<>(server, trainer).addListener(watch);
            if (checkpoints == null) {
                simulation.run();
            } else {
                resume(simulation, server, trainer);
            }
            return watch.outcome;
        }
    }

    private void resume(Simulation<?, ?> simulation, Checkpointable server, Checkpointable trainer) {
        try (Checkpoints saved = Checkpoints.in(checkpoints)) {
            saved.add("server", server).add("trainer", trainer).resume();
            simulation.addListener(saved).run();
        }
    }

    private TrainerOptions options() {
        return TrainerOptions.builder()
                .numParallels(way.workers())
                .onClientFailure(FailurePolicy.retry(retries))
                .build();
    }

    /** Sets a long heartbeat, so that a slow worker is not taken for a frozen one. */
    private ProcessOptions process() {
        return ProcessOptions.builder()
                .jvmArguments(Fault.arguments(faults))
                .heartbeat(Duration.ofMinutes(1))
                .build();
    }

    /** Collects the outcome of a run. */
    private static final class Watch<U> implements RoundListener<U> {

        private final Experiment<?, ?, U, ?> experiment;
        private final ServerHandler<?, U> server;
        private final AbstractClientTrainer<?, ?, U> trainer;
        private final Outcome outcome = new Outcome();

        Watch(Experiment<?, ?, U, ?> experiment, ServerHandler<?, U> server, AbstractClientTrainer<?, ?, U> trainer) {
            this.experiment = experiment;
            this.server = server;
            this.trainer = trainer;
        }

        @Override
        public void clientLoaded(int round, U uplink) {
            outcome.loaded().add(experiment.cid().applyAsInt(uplink));
            Map<String, Object> metadata = experiment.metadata().apply(uplink);
            outcome.pids().add((Long) metadata.get("pid"));
            outcome.workers().add((Integer) metadata.get("worker"));
        }

        @Override
        public void roundFinished(RoundReport report) {
            assertThat((Double) report.summary().get("loss")).isFinite();
            assertThat(report.summary()).as("by workers").isEqualTo(server.getSummary());
            outcome.hashes()
                    .add(report.summary().get("sha256") + ", loss="
                            + report.summary().get("loss") + ", accuracy="
                            + report.summary().get("accuracy"));
            outcome.clients().add(report.clients());
            outcome.retried()
                    .add(trainer.retried().stream()
                            .map(ClientFailedException::clientId)
                            .toList());
        }
    }
}
