package org.blazefl4j.federation.sampling;

import java.util.Map;

/** Numbers that clients report and samplers need. */
final class Reported {

    private static final String LOSS = "loss";
    private static final String SQUARED_LOSS = "squared_loss";

    private Reported() {}

    /** Returns a client's loss. */
    static double loss(int cid, Map<String, Double> numbers) {
        return required(cid, numbers, LOSS);
    }

    /** Returns the root of the mean of a client's squared losses, or its loss if it has not reported them. */
    static double rootSquaredLoss(int cid, Map<String, Double> numbers) {
        Double squared = numbers.get(SQUARED_LOSS);
        return squared == null ? required(cid, numbers, LOSS) : Math.sqrt(squared);
    }

    private static double required(int cid, Map<String, Double> numbers, String name) {
        Double value = numbers.get(name);
        if (value == null) {
            throw new IllegalStateException("client reports no " + name + ": cid=" + cid + ", numbers="
                    + numbers.keySet() + ", expected=" + name
                    + " among them; compose the clients with this sampler, or send it");
        }
        return value;
    }
}
