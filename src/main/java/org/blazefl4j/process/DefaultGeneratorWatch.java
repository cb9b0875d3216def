package org.blazefl4j.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.blazefl4j.reproducibility.RngCheck;
import org.blazefl4j.torch.DefaultGenerator;

/**
 * Finds out which clients drew from LibTorch's default generator. All threads of a process share that generator, so its
 * state is compared whenever a client starts or ends, anywhere in the process; if it moved, all clients that ran in
 * between are named, for one of them drew from it.
 *
 * <p>The caller may draw from it as it likes. Who drew cannot be told from the state, so what moved while
 * {@link CallersCode} ran is held against nobody: a client that drew only then goes unseen.
 *
 * <p>As long as the generator stays where it is, nobody waits for anybody. Used by one thread at a time.
 */
final class DefaultGeneratorWatch implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(DefaultGeneratorWatch.class.getName());

    /** Those that have run a client and are not closed. */
    private static final List<DefaultGeneratorWatch> WATCHES = new CopyOnWriteArrayList<>();

    /** How many threads are in code of the caller. */
    private static final AtomicInteger CALLERS = new AtomicInteger();

    /** The generator when last looked at; replaced under the class's lock, after those who ran meanwhile were told. */
    private static volatile byte[] lastLook = DefaultGenerator.look();

    private final RngCheck check;
    private volatile Visit visit;
    private boolean registered;
    private boolean warned;

    DefaultGeneratorWatch(RngCheck check) {
        this.check = check;
    }

    /** One client while it runs. */
    private static final class Visit {
        final ClientJob job;
        volatile Set<Integer> suspects = Set.of();

        Visit(ClientJob job) {
            this.job = job;
        }

        void suspect(Set<Integer> more) {
            Set<Integer> all = new TreeSet<>(suspects);
            all.addAll(more);
            suspects = all;
        }
    }

    /**
     * Runs one client, and warns if it, or one beside it, drew from the default generator, however it ended.
     *
     * @throws BrokenRuleException instead of the warning, if that is a failure
     */
    <T> T during(ClientJob job, Callable<T> client) throws Exception {
        enter(job);
        T result;
        try {
            result = client.call();
        } catch (Throwable thrown) {
            report(job, leave(), thrown);
            throw thrown;
        }
        report(job, leave(), null);
        return result;
    }

    private void enter(ClientJob job) {
        if (!registered) {
            registered = true;
            WATCHES.add(this);
        }
        compare();
        visit = new Visit(job);
    }

    /** The clients one of which drew. */
    private Set<Integer> leave() {
        compare();
        Set<Integer> suspects = visit.suspects;
        visit = null;
        return suspects;
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
        if (!WATCHES.isEmpty()) {
            compare();
        }
    }

    private static void compare() {
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
                suspectAll();
            }
            lastLook = look;
        }
    }

    private static void suspectAll() {
        List<Visit> running = WATCHES.stream()
                .map(watch -> watch.visit)
                .filter(Objects::nonNull)
                .toList();
        Set<Integer> suspects = new TreeSet<>();
        running.forEach(visit -> suspects.add(visit.job.clientId()));
        running.forEach(visit -> visit.suspect(suspects));
    }

    private void report(ClientJob job, Set<Integer> suspects, Throwable thrown) {
        if (suspects.isEmpty()) {
            return;
        }
        String message = "default generator moved: " + job.noun() + "s=" + suspects
                + ", limit=no draws from it while " + job.noun()
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

    /** Runs no further client. */
    @Override
    public void close() {
        WATCHES.remove(this);
    }
}
