package org.blazefl4j.worker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.blazefl4j.cuda.CudaErrors;
import org.blazefl4j.reproducibility.DefaultGenerator;
import org.blazefl4j.reproducibility.RngCheck;
import org.jspecify.annotations.Nullable;

/**
 * Detects clients that draw from LibTorch's default generator, which all threads of a process share, or from that of a
 * CUDA device, once a client has computed on one.
 *
 * <p>Callers may draw from it. The state does not tell who drew, so draws within a {@link UserCodeScope} are not
 * attributed to clients, and a client that draws only then is not detected.
 */
final class DefaultGeneratorWatch extends ClientWatch {

    private static final Logger LOGGER = System.getLogger(DefaultGeneratorWatch.class.getName());

    private static final Group ALL = new Group();

    /** The number of threads in user code. */
    private static final AtomicInteger USER_CODE = new AtomicInteger();

    /** The last state seen. Replaced under the class's lock, after running clients were suspected. */
    private static volatile byte[] lastState = DefaultGenerator.look();

    /** Tells the states of the generators of devices. Tests answer for them. */
    private static volatile Supplier<long[]> devices = DefaultGenerator::lookOnDevices;

    /** The last states seen on devices, likewise; null while no client has computed on one. */
    private static volatile long @Nullable [] lastOnDevices;

    private final RngCheck check;
    private boolean warned;

    DefaultGeneratorWatch(RngCheck check) {
        super(ALL);
        this.check = check;
    }

    /**
     * Counts threads in user code. Compares if clients have run in this process; the first one compares when it starts.
     */
    static void countUserCode(int change) {
        if (!ALL.isEmpty()) {
            compareStates();
        }
        USER_CODE.addAndGet(change);
    }

    @Override
    public void begin(ClientJob job) {
        if (!job.device().isCpu() && lastOnDevices == null) {
            startOnDevices();
        }
        super.begin(job);
    }

    private static synchronized void startOnDevices() {
        if (lastOnDevices == null) {
            lastOnDevices = devices.get();
        }
    }

    /** Replaces what tells the states on devices, and forgets them. */
    static synchronized void lookOnDevices(Supplier<long[]> states) {
        devices = states;
        lastOnDevices = null;
    }

    @Override
    void compare() {
        compareStates();
    }

    private static void compareStates() {
        if (!DefaultGenerator.isStillAt(lastState)) {
            updateState();
        }
        if (lastOnDevices != null && CudaErrors.lost() == null) { // else CUDA would refuse to tell
            compareOnDevices();
        }
    }

    private static void compareOnDevices() {
        if (!Arrays.equals(lastOnDevices, devices.get())) {
            updateOnDevices();
        }
    }

    /** As {@link #updateState}. */
    private static synchronized void updateOnDevices() {
        long[] now = devices.get();
        if (!Arrays.equals(lastOnDevices, now)) {
            if (USER_CODE.get() == 0) {
                ALL.suspectAll("");
            }
            lastOnDevices = now;
        }
    }

    /** Marks running clients before it publishes the new state, so that none ends unmarked. */
    private static synchronized void updateState() {
        byte[] state = lastState.clone();
        if (DefaultGenerator.movedSince(state)) {
            if (USER_CODE.get() == 0) {
                ALL.suspectAll("");
            }
            lastState = state;
        }
    }

    @Override
    void report(ClientJob job, Set<Integer> suspects, String change, @Nullable Throwable thrown) {
        String message = "default generator moved: " + job.noun() + "s=" + suspects
                + ", expected=no draws from it while " + job.noun()
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
