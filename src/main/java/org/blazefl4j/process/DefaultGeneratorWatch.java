package org.blazefl4j.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.torch.DefaultGenerator;

/**
 * Finds out which clients drew from LibTorch's default generator. All threads of a process share that generator, so its
 * state is compared whenever a client starts or ends, anywhere in the process; if it moved, all clients that ran in
 * between are named, for one of them drew from it.
 *
 * <p>The caller may draw from it as it likes. Who drew cannot be told from the state, so what moved while
 * {@link CallersCode} ran is held against nobody: a client that drew only then goes unseen.
 */
final class DefaultGeneratorWatch {

    private static final Logger LOGGER = System.getLogger(DefaultGeneratorWatch.class.getName());

    /** The clients that run in this process, and the generator when last looked at. Guarded by the class. */
    private static final Set<Visit> RUNNING = new LinkedHashSet<>();

    private static byte[] lastLook;

    /** How many threads are in code of the caller. */
    private static int callers;

    private final RngCheck check;
    private boolean warned;

    DefaultGeneratorWatch(RngCheck check) {
        this.check = check;
    }

    private static final class Visit {
        final ClientJob job;
        final Set<Integer> suspects = new TreeSet<>();

        Visit(ClientJob job) {
            this.job = job;
        }
    }

    /**
     * Runs one client, and warns if it, or one beside it, drew from the default generator, however it ended.
     *
     * @throws BrokenRuleException instead of the warning, if that is a failure
     */
    <T> T during(ClientJob job, Callable<T> client) throws Exception {
        Visit visit = new Visit(job);
        enter(visit);
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            leave(visit);
            report(visit, thrown);
            throw thrown;
        }
        leave(visit);
        report(visit, null);
        return result;
    }

    private static synchronized void enter(Visit visit) {
        compare();
        RUNNING.add(visit);
    }

    private static synchronized void leave(Visit visit) {
        compare();
        RUNNING.remove(visit);
    }

    static synchronized void enterCallersCode() {
        compare();
        callers++;
    }

    static synchronized void leaveCallersCode() {
        compare();
        callers--;
    }

    private static void compare() {
        if (lastLook == null) {
            lastLook = DefaultGenerator.look();
        } else if (DefaultGenerator.movedSince(lastLook) && callers == 0) {
            Set<Integer> suspects = new TreeSet<>();
            RUNNING.forEach(visit -> suspects.add(visit.job.clientId()));
            RUNNING.forEach(visit -> visit.suspects.addAll(suspects));
        }
    }

    private void report(Visit visit, Throwable thrown) {
        if (visit.suspects.isEmpty()) {
            return;
        }
        String message = "default generator moved: " + visit.job.noun() + "s=" + visit.suspects
                + ", limit=no draws from it while " + visit.job.noun()
                + "s run; draw from context.generator(purpose) and use the layers"
                + " of org.blazefl4j.model, or allow it with the trainer option rngCheck(RngCheck.WARN)";
        if (check == RngCheck.FAIL) {
            throw new BrokenRuleException(message, thrown);
        }
        if (!warned) {
            warned = true;
            LOGGER.log(Level.WARNING, message);
        }
    }
}
