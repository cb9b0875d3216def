package org.blazefl4j.federation.algorithm;

import org.blazefl4j.federation.Federation;
import org.blazefl4j.util.Arguments;

/** Algorithms whose clients and server need each other. */
final class Whole {

    private Whole() {}

    /** Refuses a federation in which another part has taken the place of one of an algorithm's. */
    static void require(boolean whole, String algorithm, Federation federation) {
        Arguments.require(
                whole,
                "part of " + algorithm + " replaced: objective=" + federation.objective() + ", aggregation="
                        + federation.aggregation() + ", server_optimizer=" + federation.optimizer()
                        + ", expected=all that " + algorithm + " sets; leave out the other algorithm or part");
    }
}
