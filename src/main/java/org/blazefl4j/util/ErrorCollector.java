package org.blazefl4j.util;

/**
 * Collects the failures of steps that must all be tried, and throws the first at the end with the others suppressed.
 */
public final class ErrorCollector {

    /** A step that may fail. */
    @FunctionalInterface
    public interface Step {
        /** Does it. */
        void run() throws Exception;
    }

    private Throwable first;

    /** No failure so far. */
    public ErrorCollector() {}

    /** Does a step and remembers what it throws. */
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

    /**
     * Throws the first failure, if there was one.
     *
     * @param what the text for a failure that has to be wrapped
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
