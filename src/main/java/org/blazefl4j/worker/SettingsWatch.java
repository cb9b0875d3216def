package org.blazefl4j.worker;

import java.util.List;
import java.util.Set;

/**
 * Finds out which clients changed a setting of LibTorch that belongs to the whole process, and puts it back.
 *
 * <p>What changes while no client runs is the caller's to change. While clients run it is held against them all,
 * whoever did it, a client or the caller beside them: each may have computed with either value.
 */
final class SettingsWatch extends ClientWatch {

    private static final Group ALL = new Group();

    /** What clients start with; replaced under the class's lock. */
    private static volatile ProcessSettings agreed = ProcessSettings.take();

    SettingsWatch() {
        super(ALL);
    }

    @Override
    void compare() {
        if (!agreed.hold()) {
            lookAgain();
        }
    }

    /** Those that run are told before the settings are put back, so that one that finds them as they were knows. */
    private static synchronized void lookAgain() {
        ProcessSettings now = ProcessSettings.take();
        List<String> found = now.otherThan(agreed);
        if (found.isEmpty()) {
            return;
        }
        if (ALL.suspectAll(new Change(found, agreed.otherThan(now)))) {
            agreed.restore();
        } else {
            agreed = now;
        }
    }

    @Override
    void report(ClientJob job, Set<Integer> suspects, Change change, Throwable thrown) {
        throw new ContractViolationException(
                "settings of the process changed: " + job.noun() + "s=" + suspects + ", found=" + change.found()
                        + ", expected=" + change.expected()
                        + "; they were put back: set them before the round, for all "
                        + job.noun() + "s",
                thrown);
    }
}
