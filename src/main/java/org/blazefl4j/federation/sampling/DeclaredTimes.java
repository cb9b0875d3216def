package org.blazefl4j.federation.sampling;

import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import org.blazefl4j.util.Arguments;

/** How long clients take for a round, in seconds, as the user declares. */
final class DeclaredTimes {

    private final IntToDoubleFunction seconds;

    DeclaredTimes(IntToDoubleFunction seconds) {
        this.seconds = Objects.requireNonNull(seconds, "seconds");
    }

    /** Returns a client's time, which is above 0. */
    double of(int cid) {
        double value = seconds.applyAsDouble(cid);
        Arguments.require(
                value > 0 && value < Double.POSITIVE_INFINITY,
                "client's time out of range: cid=" + cid + ", seconds=" + value + ", limit=above 0 and finite");
        return value;
    }
}
