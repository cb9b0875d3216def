package org.blazefl4j.worker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RngCheck;

/**
 * Finds out which clients drew from LibTorch's default generator, which all threads of a process share.
 *
 * <p>The caller may draw from it as it likes. Who drew cannot be told from the state, so what moved while
 * {@link UserCodeScope} ran is held against nobody: a client that drew only then goes unseen.
 */
final class DefaultGeneratorWatch extends ClientWatch {

    private static final Logger LOGGER = System.getLogger(DefaultGeneratorWatch.class.getName());

    private static final Group ALL = new Group();

    /** How many threads are in code of the caller. */
    private static final AtomicInteger CALLERS = new AtomicInteger();

    /** The generator when last looked at; replaced under the class's lock, after those who ran meanwhile were told. */
    private static volatile byte[] lastLook = DefaultGenerator.look();

    private final RngCheck check;
    private boolean warned;

    DefaultGeneratorWatch(RngCheck check) {
        super(ALL);
        this.check = check;
    }

    static void enterCallersCode() {
        compareForClients();
        CALLERS.incrementAndGet();
    }

    static void leaveCallersCode() {
        compareForClients();
        CALLERS.decrementAndGet();
    }

    /** Not where all clients run in other processes; who runs the first one in this process compares before. */
    private static void compareForClients() {
        if (!ALL.isEmpty()) {
            lookIfMoved();
        }
    }

    @Override
    void compare() {
        lookIfMoved();
    }

    private static void lookIfMoved() {
        if (!DefaultGenerator.isStillAt(lastLook)) {
            lookAgain();
        }
    }

    /**
     * Whoever is running once the generator was looked at may have moved it. They are told before others can find it
     * where it is now, so that a client that leaves without finding a move knows of its own.
     */
    private static synchronized void lookAgain() {
        byte[] look = lastLook.clone();
        if (DefaultGenerator.movedSince(look)) {
            if (CALLERS.get() == 0) {
                ALL.suspectAll(Change.UNTOLD);
            }
            lastLook = look;
        }
    }

    @Override
    void report(ClientJob job, Set<Integer> suspects, Change change, Throwable thrown) {
        String message = "default generator moved: " + job.noun() + "s=" + suspects
                + ", limit=no draws from it while " + job.noun()
                + "s run; draw from context.generator(purpose) and use the layers"
                + " of org.blazefl4j.model, or allow it with the trainer option rngCheck(RngCheck.WARN)";
        if (check == RngCheck.FAIL) {
            throw new ContractViolationException(message, thrown);
        }
        if (!warned) {
            warned = true;
            LOGGER.log(Level.WARNING, message);
        }
    }
}
