package org.blazefl4j.worker;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Detects clients that change process-wide settings of LibTorch, and restores the settings. Callers may change them
 * while no client runs. A change while clients run, also by the caller, is attributed to all of them, because each may
 * have computed with either value.
 */
final class SettingsWatch extends ClientWatch {

    private static final Group ALL = new Group();

    /** The settings that clients start with. Replaced under the class's lock. */
    private static volatile ProcessSettings agreed = ProcessSettings.take();

    SettingsWatch() {
        super(ALL);
    }

    @Override
    void compare() {
        if (!agreed.hold()) {
            handleChange();
        }
    }

    /** Suspects running clients before it restores the settings, so that each client learns of a change. */
    private static synchronized void handleChange() {
        ProcessSettings now = ProcessSettings.take();
        List<String> found = now.otherThan(agreed);
        if (found.isEmpty()) {
            return;
        }
        if (ALL.suspectAll("found=" + found + ", expected=" + agreed.otherThan(now))) {
            agreed.restore();
        } else {
            agreed = now;
        }
    }

    @Override
    void report(ClientJob job, Set<Integer> suspects, String change, @Nullable Throwable thrown) {
        throw new ContractViolationException(
                "settings of the process changed: " + job.noun() + "s=" + suspects + ", " + change
                        + "; they were put back: set them before the round, for all " + job.noun() + "s",
                thrown);
    }
}
