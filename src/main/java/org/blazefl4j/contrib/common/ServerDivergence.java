package org.blazefl4j.contrib.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.BooleanSupplier;
import org.blazefl4j.core.NonFinitePolicy;

/** Tells, once, that a server's own model or its loss is not finite. */
final class ServerDivergence {

    private static final Logger LOGGER = System.getLogger(ServerDivergence.class.getName());

    private static final String REMEDY =
            ", expected=no NaN and no infinity; a smaller learning rate usually helps; go on from a checkpoint of a"
                    + " round before";

    private final NonFinitePolicy policy;
    private boolean told;

    ServerDivergence(NonFinitePolicy policy) {
        this.policy = policy;
    }

    /**
     * Looks at the model that a round has made.
     *
     * @param round from 0
     * @param isFinite asked unless it was told before
     * @throws IllegalStateException if it is not finite and that is a failure
     */
    void look(int round, BooleanSupplier isFinite) {
        if (!told && !isFinite.getAsBoolean()) {
            tell("server's model is not finite: round=" + (round + 1) + REMEDY);
        }
    }

    /**
     * Looks at an evaluation.
     *
     * @param completed the number of completed rounds
     * @throws IllegalStateException if its loss is not finite and that is a failure
     */
    void look(int completed, Evaluation evaluation) {
        if (!told && !Double.isFinite(evaluation.loss())) {
            tell("loss of the server's model is not finite: round=" + completed + ", loss=" + evaluation.loss()
                    + REMEDY);
        }
    }

    private void tell(String message) {
        if (policy == NonFinitePolicy.FAIL) {
            throw new IllegalStateException(message);
        }
        told = true;
        LOGGER.log(Level.WARNING, message);
    }
}
