package org.blazefl4j.metrics;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Predicate;
import org.blazefl4j.metrics.MlflowRun.Step;
import org.blazefl4j.metrics.MlflowServer.Patience;
import org.blazefl4j.metrics.MlflowServer.Refusal;
import org.blazefl4j.util.Causes;
import org.blazefl4j.util.Uninterruptibles;

/**
 * Sends the steps of a run, on a thread of its own, so that nobody waits for the server. While that is away, steps wait
 * up to a limit; those beyond it are never sent. The log has one warning of the first failure, and one at the end of
 * what is missing.
 */
final class MlflowSender {

    private static final System.Logger LOG = System.getLogger(MlflowMetrics.class.getName());

    private static final int MOST_WAITING = 10_000;

    /** Several make one request, but not so many that one of them is too long. */
    private static final int MOST_METRICS = 1000;

    private static final long RETRY_AT_END_MILLIS = 200;

    private static final int MOST_RANGES = 5;

    /** Enough for what passes soon, so that a server that goes on failing does not delay the end. */
    private static final int RETRIES_AT_END = 5;

    /** Something to be sent. */
    interface Call {
        void send() throws IOException;
    }

    private final MlflowRun run;
    private final Patience patience;
    private final Thread thread = new Thread(this::work, "blazefl4j-mlflow");
    private final Queue<Step> waiting = new ArrayDeque<>();
    private final BitSet unsentSteps = new BitSet();
    private final Set<String> unsent = new LinkedHashSet<>();
    private Map<String, Call> last = Map.of();
    private boolean ending;
    private boolean over;
    private String failure = "";
    private int retriesAtEnd = RETRIES_AT_END;

    /** Starts the thread. */
    MlflowSender(MlflowRun run) {
        this.run = run;
        this.patience = run.server().patience();
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns at once, whatever the server does. */
    synchronized void add(Step step) {
        unsentSteps.set(step.step());
        if (waiting.size() < MOST_WAITING) {
            waiting.add(step);
            notifyAll();
        }
    }

    /**
     * Sends what is left, but not for longer than the limit, and ends the thread.
     *
     * @param calls what to send after all steps, by what it is; the first matters most, and is tried until the limit
     */
    void end(Map<String, Call> calls) {
        synchronized (this) {
            last = new LinkedHashMap<>(calls);
            unsent.addAll(calls.keySet());
            ending = true;
            notifyAll();
        }
        if (!Uninterruptibles.join(thread, patience.end().toMillis())) {
            synchronized (this) {
                over = true;
            }
            thread.interrupt();
            Uninterruptibles.join(thread, Duration.ofSeconds(1).toMillis());
        }
        warnOfUnsent();
    }

    private synchronized void warnOfUnsent() {
        List<String> what = new ArrayList<>(unsent);
        if (!unsentSteps.isEmpty()) {
            what.add(0, rounds(unsentSteps));
        }
        if (!what.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "MLflow lacks a part of the run: run={0}, missing={1}, found={2}; result files have it",
                    run.page(),
                    String.join(", ", what),
                    failure.isEmpty() ? MlflowServer.noAnswerWithin(patience.end()) : failure);
        }
    }

    /** Names rounds: {@code rounds 3 to 7, 9}. */
    static String rounds(BitSet steps) {
        List<String> ranges = new ArrayList<>();
        for (int from = steps.nextSetBit(0); from >= 0; ) {
            int end = steps.nextClearBit(from);
            ranges.add(end - from == 1 ? "" + from : from + " to " + (end - 1));
            from = steps.nextSetBit(end);
        }
        String first = String.join(", ", ranges.subList(0, Math.min(ranges.size(), MOST_RANGES)));
        String more = ranges.size() > MOST_RANGES ? " and others, " + steps.cardinality() + " altogether" : "";
        return (steps.cardinality() == 1 ? "round " : "rounds ") + first + more;
    }

    private void work() {
        try {
            for (List<Step> steps = next(); !steps.isEmpty(); steps = next()) {
                List<Step> batch = steps;
                if (deliver(() -> run.log(batch), Refusal.class::isInstance)) {
                    sent(batch);
                }
            }
            Predicate<Throwable> counts = failure -> false;
            for (Map.Entry<String, Call> call : last().entrySet()) {
                if (deliver(call.getValue(), counts)) {
                    sent(call.getKey());
                }
                counts = failure -> true;
            }
        } catch (InterruptedException e) {
            // the limit has passed
        }
    }

    /** Waits for steps. Returns none at the end. */
    private synchronized List<Step> next() throws InterruptedException {
        while (waiting.isEmpty() && !ending) {
            wait();
        }
        List<Step> steps = new ArrayList<>();
        int metrics = 0;
        for (Step step = waiting.peek(); step != null; step = waiting.peek()) {
            metrics += step.values().size();
            if (metrics > MOST_METRICS && !steps.isEmpty()) {
                break;
            }
            steps.add(waiting.remove());
        }
        return steps;
    }

    private synchronized Map<String, Call> last() {
        return last;
    }

    private synchronized void sent(List<Step> steps) {
        steps.forEach(step -> unsentSteps.clear(step.step()));
    }

    private synchronized void sent(String what) {
        unsent.remove(what);
    }

    /**
     * Tries until the server takes it. Returns false if it cannot be sent: the server refuses it, or there were too
     * many failures at the end.
     *
     * @param counts which failures are counted then
     */
    private boolean deliver(Call call, Predicate<Throwable> counts) throws InterruptedException {
        for (Duration pause = patience.retry(); ; pause = longer(pause)) {
            try {
                call.send();
                return true;
            } catch (IOException e) {
                failed(e);
                boolean passes = !(e instanceof Refusal refusal) || refusal.mayPass();
                if (!passes || isEnding() && counts.test(e) && --retriesAtEnd < 0) {
                    return false;
                }
            } catch (RuntimeException | Error e) {
                failed(e); // such as no memory for a file; what comes next may succeed
                return false;
            }
            pause(pause.toMillis());
        }
    }

    private Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(patience.longestRetry()) > 0 ? patience.longestRetry() : twice;
    }

    private synchronized boolean isEnding() {
        return ending;
    }

    private synchronized void failed(Throwable e) {
        if (over) {
            return; // the failure is that of aborting it
        }
        boolean first = failure.isEmpty();
        failure = Causes.describe(e);
        if (first && !ending) {
            LOG.log(
                    Level.WARNING,
                    "MLflow takes nothing: server={0}, found={1}; the run goes on, and rounds are sent later if the"
                            + " server is back",
                    run.server().address(),
                    failure);
        }
    }

    /** Waits before another try: shortly at the end. */
    private synchronized void pause(long millis) throws InterruptedException {
        if (ending) {
            wait(Math.min(millis, RETRY_AT_END_MILLIS));
        }
        long end = System.nanoTime() / 1_000_000 + millis;
        for (long left = millis; left > 0 && !ending; left = end - System.nanoTime() / 1_000_000) {
            wait(left);
        }
    }
}
