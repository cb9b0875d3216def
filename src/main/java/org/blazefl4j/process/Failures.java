package org.blazefl4j.process;

/** Runs steps that must all be tried, and throws the first failure at the end with the others suppressed. */
final class Failures {

    /** A step that may fail. */
    interface Step {
        void run() throws Exception;
    }

    private Throwable first;

    void run(Step step) {
        try {
            step.run();
        } catch (Throwable failure) {
            add(failure);
        }
    }

    private void add(Throwable failure) {
        if (first == null) {
            first = failure;
        } else if (first != failure) {
            first.addSuppressed(failure);
        }
    }

    void throwFirst(String what) {
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
