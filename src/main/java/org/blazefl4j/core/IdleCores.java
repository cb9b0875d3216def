package org.blazefl4j.core;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many of the machine's cores the workers of running rounds leave to others. Trainers of this JVM say how many
 * theirs keep busy; a sum that is folded while clients train then takes those that are idle and no more.
 */
public final class IdleCores {

    private static final AtomicInteger BUSY = new AtomicInteger();

    private IdleCores() {}

    /** The cores that workers have until this is closed. */
    public static final class Claim implements AutoCloseable {

        private final AtomicInteger cores;

        private Claim(int cores) {
            this.cores = new AtomicInteger(cores);
        }

        /** Gives them back. Does nothing the second time. */
        @Override
        public void close() {
            BUSY.addAndGet(-cores.getAndSet(0));
        }
    }

    /**
     * Says that workers keep some cores busy.
     *
     * @param cores how many; more than there are is allowed
     * @throws IllegalArgumentException if it is negative
     */
    public static Claim claim(int cores) {
        if (cores < 0) {
            throw new IllegalArgumentException("too few cores: cores=" + cores + ", limit=0 or more");
        }
        BUSY.addAndGet(cores);
        return new Claim(cores);
    }

    /** The cores that no worker keeps busy; at least 1, for the calling thread has to run somewhere. */
    public static int count() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() - BUSY.get());
    }
}
