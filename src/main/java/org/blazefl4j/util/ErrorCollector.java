package org.blazefl4j.util;

import org.jspecify.annotations.Nullable;

/** Collects the failures of steps that must all run; throws the first one, with the others suppressed, at the end. */
public final class ErrorCollector {

    @FunctionalInterface
    public interface Step {
        void run() throws Exception;
    }

    private @Nullable Throwable first;

    /** Runs a step and records what it throws. */
    public void run(Step step) {
        try {
            step.run();
        } catch (Throwable failure) {
            add(failure);
        }
    }

    private synchronized void add(Throwable failure) {
        if (first == null) {
            first = failure;
        } else if (first != failure) {
            first.addSuppressed(failure);
        }
    }

    /** Adds the first failure, if there was one, to another as suppressed. */
    public synchronized void suppressIn(Throwable other) {
        if (first != null && first != other) {
            other.addSuppressed(first);
        }
    }

    /**
     * Throws the first failure, if there was one.
     *
     * @param what the message if a checked exception has to be wrapped
     */
    public synchronized void throwFirst(String what) {
        if (first instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (first instanceof Error error) {
            throw error;
        }
        if (first != null) {
            throw new IllegalStateException(what + ": " + first, first);
        }
    }
}
