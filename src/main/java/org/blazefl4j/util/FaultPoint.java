package org.blazefl4j.util;

import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Points in a worker's life at which tests let faults strike. The system property {@value #HOOK_CLASS} names the class
 * of a test's hook; without it the points do nothing.
 */
public enum FaultPoint {
    /** The process sends heartbeats, but has loaded nothing yet. The hook gets the worker's index. */
    STARTING,
    /** The worker is about to look for a job. */
    IDLE,
    /** A job was claimed. The hook gets the number of the attempt, from 0. */
    CLAIMED,
    /** The job was decoded. The hook gets the client, or {@code ~shard}. */
    DECODING,
    /** The client's function is about to be called. */
    TRAINING,
    /** Half of a tensor was copied into its slot. */
    SLOT_HALF_WRITTEN,
    /** The result is complete but not yet committed. */
    BEFORE_DONE,
    /** The result is committed. */
    AFTER_DONE;

    static final String HOOK_CLASS = "blazefl4j.testHook";

    private static final @Nullable Hook HOOK = hook(System.getProperty(HOOK_CLASS));

    /** Called at each point, with 0 where there is nothing to tell. */
    interface Hook extends ObjIntConsumer<FaultPoint> {}

    private static @Nullable Hook hook(@Nullable String name) {
        try {
            return name == null
                    ? null
                    : (Hook) Class.forName(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no test hook: " + HOOK_CLASS + "=" + name, e);
        }
    }

    /** Returns whether this process has a hook. */
    public static boolean areSet() {
        return HOOK != null;
    }

    public void reach() {
        reach(0);
    }

    public void reach(int number) {
        if (HOOK != null) {
            HOOK.accept(this, number);
        }
    }
}
