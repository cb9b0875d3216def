package org.blazefl4j.util;

import java.util.List;

/**
 * Points of a worker's life at which tests let something happen to it, as the system property
 * {@code blazefl4j.faultPoint} of the worker says; see {@link Fault#parse}. Without it they cost nothing.
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

    private static final List<Fault> FAULTS = Fault.parse(System.getProperty("blazefl4j.faultPoint", ""));

    private static int worker = NONE;
    private static int client = NONE;
    private static int shard = NONE;
    private static int attempt = NONE;

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

    /** Whether anything is to happen to this process anywhere. */
    public static boolean areSet() {
        return !FAULTS.isEmpty();
    }

    public boolean isOn() {
        return !FAULTS.isEmpty() && FAULTS.stream().anyMatch(fault -> fault.point() == this);
    }

    /** Here the fault strikes, if there is one. */
    public void reach() {
        if (!FAULTS.isEmpty()) {
            FAULTS.forEach(fault -> fault.reach(this, worker, client, shard, attempt));
        }
    }
}
