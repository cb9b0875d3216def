package org.blazefl4j.contrib.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.BooleanSupplier;
import org.blazefl4j.core.NonFinitePolicy;

/** Reports, once, that a server's own model or its loss is not finite. */
final class ServerDivergence {

    private static final Logger LOGGER = System.getLogger(ServerDivergence.class.getName());

    private static final String REMEDY =
            ", expected=no NaN and no infinity; lower the learning rate, or resume from a checkpoint of an earlier"
                    + " round";

    private final NonFinitePolicy policy;
    private boolean reported;

    ServerDivergence(NonFinitePolicy policy) {
        this.policy = policy;
    }

    /**
     * Checks the model after {@code completed} rounds. Does not call {@code isFinite} once something was reported.
     *
     * @throws IllegalStateException if it is not finite and the policy is to fail
     */
    void check(int completed, BooleanSupplier isFinite) {
        if (!reported && !isFinite.getAsBoolean()) {
            report("server's model is not finite: round=" + completed + REMEDY);
        }
    }

    /** Checks the loss in the same way. */
    void check(int completed, Evaluation evaluation) {
        if (!reported && !Double.isFinite(evaluation.loss())) {
            report("loss of the server's model is not finite: round=" + completed + ", loss=" + evaluation.loss()
                    + REMEDY);
        }
    }

    private void report(String message) {
        if (policy == NonFinitePolicy.FAIL) {
            throw new IllegalStateException(message);
        }
        reported = true;
        LOGGER.log(Level.WARNING, message);
    }
}
