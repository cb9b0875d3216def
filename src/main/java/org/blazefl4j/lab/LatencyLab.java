package org.blazefl4j.lab;

import java.util.Objects;
import java.util.Optional;
import org.blazefl4j.binding.Build;
import org.blazefl4j.core.Simulation;
import org.blazefl4j.trainer.ProcessOptions;
import org.blazefl4j.util.Libraries;
import org.jspecify.annotations.Nullable;

/**
 * Measures cases one after another, each with its own workers.
 *
 * <pre>{@code
 * LatencyLab lab = new LatencyLab(new LabOptions(30, 5, Duration.ofSeconds(10)), new LabListener() {});
 * LabCase empty = new LabCase(Work.empty(62_006), ExecutionMode.MULTI_PROCESS, 2, 100);
 * lab.measure(empty).ifPresent(result -> System.out.println(result.round().p99()));
 * }</pre>
 *
 * <p>Rounds are run by a {@link Simulation}, which streams packages into the server, so memory grows with the number of
 * workers, not of clients. Call {@link org.blazefl4j.torch.LibTorch#tune()} first to measure a tuned program. Not
 * thread-safe, except for {@link #stop()}.
 */
public final class LatencyLab {

    private final LabOptions options;
    private final LabListener listener;
    private final ProcessOptions process;
    private final Object lock = new Object();
    private @Nullable Simulation<?, ?> running;
    private volatile boolean stopping;

    /**
     * Creates a lab with the default process options.
     *
     * @param options how long each case is measured
     * @throws IllegalStateException if HdrHistogram is missing
     */
    public LatencyLab(LabOptions options, LabListener listener) {
        this(options, listener, ProcessOptions.defaults());
    }

    /**
     * Creates a lab.
     *
     * @param options how long each case is measured
     * @param process how worker processes are started
     * @throws IllegalStateException if HdrHistogram is missing
     */
    public LatencyLab(LabOptions options, LabListener listener, ProcessOptions process) {
        Libraries.require(LatencyLab.class, "org.HdrHistogram.Histogram", Build.library("HdrHistogram"));
        this.options = Objects.requireNonNull(options, "options");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.process = Objects.requireNonNull(process, "process");
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
        try (Work.Subject<?, ?> subject = which.work().open(which, options.warmUps() + options.rounds(), process)) {
            return measure(which, subject);
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
        begin(simulation);
        try {
            simulation.addListener(measurement).run();
        } finally {
            synchronized (lock) {
                running = null;
            }
        }
        return measurement.result();
    }

    private void begin(Simulation<?, ?> simulation) {
        synchronized (lock) {
            running = simulation;
            if (stopping) {
                simulation.stop();
            }
        }
    }

    /** Ends the current case with the rounds measured so far, and starts no other. May be called by any thread. */
    public void stop() {
        synchronized (lock) {
            stopping = true;
            if (running != null) {
                running.stop();
            }
        }
    }

    /** Returns whether {@link #stop()} was called. */
    public boolean isStopping() {
        return stopping;
    }
}
