package org.blazefl4j.trainer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/** Warns once, in the first round with results that are not finite. */
final class DivergenceWarning {

    private static final Logger LOGGER = System.getLogger(DivergenceWarning.class.getName());

    private boolean given;

    /**
     * Checks a round that has ended.
     *
     * @param round the round, from 0
     * @param clients the clients whose results are not finite
     * @param trained the number of clients in the round
     */
    void look(int round, List<Integer> clients, int trained) {
        if (given || clients.isEmpty()) {
            return;
        }
        given = true;
        LOGGER.log(
                Level.WARNING,
                "results are not finite: round=" + (round + 1) + ", results=" + clients.size()
                        + " of " + trained + ", the first of clients="
                        + clients.subList(0, Math.min(5, clients.size()))
                        + ", expected=no NaN and no infinity; a smaller learning rate usually helps, or fewer local epochs;"
                        + " onNonFinite (--on-non-finite) says what becomes of such results");
    }
}
