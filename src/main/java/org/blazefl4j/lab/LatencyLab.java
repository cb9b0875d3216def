package org.blazefl4j.lab;

import java.util.Optional;
import org.blazefl4j.binding.Build;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.Libraries;
import org.blazefl4j.util.ResourceStack;
import org.jspecify.annotations.Nullable;

/**
 * Measures cases one after another, each with its own workers. Rounds are run by a {@link Simulation}, which streams
 * packages into the server, so memory grows with the number of workers, not of clients. Not thread-safe, except for
 * {@link #stop()}.
 */
public final class LatencyLab {

    private final LabOptions options;
    private final LabListener listener;
    private final ProcessOptions process;
    private @Nullable Simulation<?, ?> running;
    private volatile boolean stopping;

    /**
     * Creates a lab.
     *
     * @param options how long each case is measured
     * @param process how worker processes are started
     * @throws IllegalStateException if HdrHistogram is missing
     */
    public LatencyLab(LabOptions options, LabListener listener, ProcessOptions process) {
        Libraries.require(LatencyLab.class, "org.HdrHistogram.Histogram", Build.library("HdrHistogram"));
        this.options = options;
        this.listener = listener;
        this.process = process;
    }

    /**
     * Measures a case.
     *
     * @return empty if {@link #stop()} was called before a round was measured
     * @throws IllegalStateException if workers cannot start
     * @throws org.blazefl4j.core.ClientFailedException if a client fails
     */
    public Optional<CaseResult> measure(LabCase which) {
        if (stopping) {
            return Optional.empty();
        }
        listener.caseStarted(which);
        try (ResourceStack resources = new ResourceStack()) {
            int rounds = options.warmUps() + options.rounds();
            return measure(which, which.work().open(which, rounds, process, resources));
        }
    }

    private <D, U> Optional<CaseResult> measure(LabCase which, Work.Subject<D, U> subject) {
        Simulation<D, U> simulation = new Simulation<>(subject.handler(), subject.trainer());
        Measurement measurement = new Measurement(
                which,
                options,
                () -> subject.bare().run(which.clients(), this::isStopping),
                this::isStopping,
                simulation::stop,
                listener);
        setRunning(simulation);
        try {
            simulation.addListener(measurement).run();
        } finally {
            setRunning(null);
        }
        return measurement.result();
    }

    private synchronized void setRunning(@Nullable Simulation<?, ?> simulation) {
        running = simulation;
        if (simulation != null && stopping) {
            simulation.stop();
        }
    }

    /** Ends the current case with the rounds measured so far, and starts no other. May be called by any thread. */
    public synchronized void stop() {
        stopping = true;
        if (running != null) {
            running.stop();
        }
    }

    /** Returns whether {@link #stop()} was called. */
    public boolean isStopping() {
        return stopping;
    }
}
