package org.blazefl4j.cli.sweep;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.blazefl4j.util.Causes;

/**
 * Runs what is open of a study, several runs at once, each in a process of its own: one that crashes or runs out of
 * memory ends no other.
 */
final class Sweep {

    /**
     * A run that can be started.
     *
     * @param experiment the text of its experiment file
     */
    record Ready(PlannedRun run, RunFiles files, String experiment) {}

    private final Study study;
    private final List<Ready> runs;
    private final Path folder;
    private final PrintStream out;
    private final Map<PlannedRun, Outcome> outcomes = new HashMap<>();
    private final Inputs inputs = new Inputs();
    private final Queue<Ready> open = new ArrayDeque<>();
    private final List<ProcessHandle> running = new ArrayList<>();
    private boolean stopped;

    /**
     * Finds out which runs are open.
     *
     * @param out where to print lines for people
     */
    Sweep(Study study, List<Ready> runs, Path folder, PrintStream out) {
        this.study = study;
        this.runs = runs;
        this.folder = folder;
        this.out = out;
        for (Ready ready : runs) {
            Optional<Map<String, Double>> figures = ready.files().figures();
            figures.ifPresent(found -> outcomes.put(ready.run(), accept(ready, found)));
            if (figures.isEmpty()) {
                open.add(ready);
            }
        }
    }

    /** Takes the figures of a complete run, unless it read other files than the runs before it. */
    private synchronized Outcome accept(Ready ready, Map<String, Double> figures) {
        return inputs.add(ready.run(), ready.files()).map(Outcome::failed).orElseGet(() -> Outcome.completed(figures));
    }

    /** Returns the folders of the runs that have completed, in the order of the study. */
    synchronized List<Path> folders() {
        return runs.stream()
                .filter(ready ->
                        outcomes.getOrDefault(ready.run(), Outcome.OPEN).isComplete())
                .map(ready -> ready.files().folder())
                .toList();
    }

    /** Returns the results so far. */
    synchronized ResultTable table() {
        return ResultTable.of(study, outcomes);
    }

    /** Returns how many runs have completed. */
    synchronized long completed() {
        return outcomes.values().stream().filter(Outcome::isComplete).count();
    }

    /** Returns a line with the numbers of runs; skipped are those that a stop left open. */
    synchronized String counts() {
        long failed = outcomes.values().stream()
                .filter(outcome -> !outcome.failure().isEmpty())
                .count();
        return "Runs: " + runs.size() + ", completed: " + completed() + ", failed: " + failed + ", skipped: "
                + (runs.size() - completed() - failed);
    }

    /** Runs all that is open, or until stopped; keeps the files of the table up to date. */
    void execute(RunProcess process, int jobs) {
        new ResultFiles(table()).write(folder);
        ExecutorService pool = Executors.newFixedThreadPool(jobs);
        try {
            CompletableFuture.allOf(Stream.generate(() -> CompletableFuture.runAsync(() -> work(process), pool))
                            .limit(jobs)
                            .toArray(CompletableFuture[]::new))
                    .join();
        } finally {
            pool.shutdown();
        }
    }

    private void work(RunProcess process) {
        for (Optional<Ready> next = next(); next.isPresent(); next = next()) {
            Ready ready = next.get();
            ended(ready, outcome(process, ready));
        }
    }

    private synchronized Optional<Ready> next() {
        Optional<Ready> next = stopped ? Optional.empty() : Optional.ofNullable(open.poll());
        next.ifPresent(ready -> print("started", ready.run().title()));
        return next;
    }

    /** Runs one; whatever goes wrong is the failure of this run alone. */
    private Outcome outcome(RunProcess process, Ready ready) {
        try {
            RunFiles files = ready.files();
            Optional<String> refusal = files.refusal();
            if (refusal.isPresent()) {
                return Outcome.failed(refusal.get());
            }
            Path file = files.prepare(ready.experiment());
            files.awaitUnused(() -> print("waiting", ready.run().title() + ": another process uses its checkpoints"));
            int exitCode = start(process, file, ready)
                    .map(run -> run.onExit().join().exitValue())
                    .orElse(0);
            return files.figures()
                    .map(figures -> accept(ready, figures))
                    .orElseGet(() -> isStopped() ? Outcome.OPEN : Outcome.failed(files.failure(exitCode)));
        } catch (IOException | UncheckedIOException e) {
            return Outcome.failed(Causes.describe(e));
        }
    }

    private synchronized Optional<Process> start(RunProcess process, Path file, Ready ready) throws IOException {
        if (stopped) {
            return Optional.empty();
        }
        Process run = process.start(file, ready.files(), ready.run().settings());
        running.add(run.toHandle());
        return Optional.of(run);
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private synchronized void ended(Ready ready, Outcome outcome) {
        outcomes.put(ready.run(), outcome);
        new ResultFiles(table()).write(folder);
        print(outcome.toString(), line(ready.run(), outcome));
    }

    private synchronized void print(String what, String text) {
        out.println(String.format(Locale.ROOT, "  %-14s ", what) + text);
        out.flush();
    }

    private String line(PlannedRun run, Outcome outcome) {
        String text = run.title();
        Double figure = outcome.figures().get(study.best());
        if (figure != null) {
            text += String.format(Locale.ROOT, ": %s %.4f", study.best().replace('_', ' '), figure);
        }
        text += outcome.failure().isEmpty() ? "" : ": " + outcome.failure();
        return text + " (" + completed() + " of " + study.runs().size() + " completed)";
    }

    /** Starts no more runs, and tells those that are running to save what they have and end. */
    synchronized void stop() {
        stopped = true;
        running.forEach(ProcessHandle::destroy); // a process's own destroy() would also close its input
    }
}
