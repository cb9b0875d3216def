package org.blazefl4j.core.stop;

import java.time.Duration;
import org.blazefl4j.core.StopRule;

/**
 * Rules that end a simulation after a round.
 *
 * <pre>{@code
 * simulation.addStopRule(StopRules.atLeast("accuracy", 0.9)).addStopRule(StopRules.time(Duration.ofHours(2)));
 * }</pre>
 */
public final class StopRules {

    private StopRules() {}

    /**
     * Returns a rule that ends when a figure of a round's summary is large enough.
     *
     * @param metric its name, such as {@code accuracy}; an evaluated round without it ends the run by an
     *     {@link IllegalArgumentException}, and {@linkplain org.blazefl4j.core.Simulation#evaluateEvery rounds that are
     *     not evaluated} are passed over
     * @throws IllegalArgumentException if the value is NaN
     */
    public static StopRule atLeast(String metric, double value) {
        return new TargetRule(new Metric(metric, true), value);
    }

    /** Returns a rule that ends when a figure is small enough, otherwise as {@link #atLeast}. */
    public static StopRule atMost(String metric, double value) {
        return new TargetRule(new Metric(metric, false), value);
    }

    /**
     * Returns a rule that ends when so many rounds in a row have not improved the best value of a figure. NaN improves
     * nothing. Rounds that are not evaluated do not count.
     *
     * @param metric its name, as for {@link #atLeast}
     * @param larger whether larger values are better, as of {@code accuracy}
     * @throws IllegalArgumentException if {@code rounds} is below 1
     */
    public static StopRule patience(String metric, boolean larger, int rounds) {
        return new PatienceRule(new Metric(metric, larger), rounds);
    }

    /**
     * Returns a rule that ends when a client's result, or the loss of the server's model, is not finite. The reason
     * names the round and the first such client, in the order of hand-over. {@link org.blazefl4j.core.NonFinitePolicy}
     * says which results are found.
     */
    public static StopRule divergence() {
        return new DivergenceRule();
    }

    /**
     * Returns a rule that ends when the rounds have taken so long, listeners included, those before a resume included.
     * The round in which the time is spent is completed.
     *
     * @throws IllegalArgumentException if the time is not above 0
     */
    public static StopRule time(Duration limit) {
        return new TimeRule(limit);
    }

    /**
     * Returns a rule that ends when clients have sent so many bytes: the sizes of the tensors in their packages, which
     * in the federation kit are vectors of the whole model even if clients keep some of its parameters to themselves.
     * The round in which they are sent is completed.
     *
     * @throws IllegalArgumentException if the number is not above 0
     */
    public static StopRule bytes(long limit) {
        return new BytesRule(limit);
    }
}
