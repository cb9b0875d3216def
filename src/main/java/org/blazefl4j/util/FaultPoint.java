package org.blazefl4j.util;

import org.jspecify.annotations.Nullable;

/**
 * Test hooks in the worker's life cycle: points at which an object of tests is called, whose class the system property
 * {@value #HOOK_CLASS} of the worker names. Without it they cost nothing.
 */
public enum FaultPoint {
    /** The process beats, but has loaded nothing yet. */
    STARTING,
    /** It is about to look for a job. */
    IDLE,
    /** A job was claimed. */
    CLAIMED,
    /** The job was decoded; from here on the client is known. */
    DECODING,
    /** The client's function is about to be called. */
    TRAINING,
    /** Half of a tensor was copied into its slot. */
    SLOT_HALF_WRITTEN,
    /** The result is complete but not yet committed. */
    BEFORE_DONE,
    /** The result is committed. */
    AFTER_DONE;

    /** No worker, client, shard or attempt. */
    public static final int NONE = -1;

    static final String HOOK_CLASS = "blazefl4j.testHook";

    private static final @Nullable Hook HOOK = hook(System.getProperty(HOOK_CLASS));

    private static int worker = NONE;
    private static int client = NONE;
    private static int shard = NONE;
    private static int attempt = NONE;

    /** What tests have called; its class has a constructor without parameters. */
    interface Hook {

        /** A point was reached; {@link #NONE} stands for what is not known there. */
        void reach(FaultPoint point, int worker, int client, int shard, int attempt);
    }

    private static @Nullable Hook hook(@Nullable String name) {
        try {
            return name == null
                    ? null
                    : (Hook) Class.forName(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no test hook: " + HOOK_CLASS + "=" + name, e);
        }
    }

    /** This process's worker. */
    public static void isWorker(int index) {
        worker = index;
    }

    /** What the worker does from now on; {@link #NONE} for what is not known. */
    public static void isAt(int theClient, int theShard, int theAttempt) {
        client = theClient;
        shard = theShard;
        attempt = theAttempt;
    }

    /** Whether this process has a hook. */
    public static boolean areSet() {
        return HOOK != null;
    }

    public void reach() {
        if (HOOK != null) {
            HOOK.reach(this, worker, client, shard, attempt);
        }
    }
}
