package org.blazefl4j.core;

import java.util.Optional;

/**
 * Ends a {@link Simulation} after a round: when a target is reached, nothing improves any more, training diverges, or a
 * budget is spent. {@code org.blazefl4j.core.stop.StopRules} makes the usual rules.
 *
 * <pre>{@code
 * simulation.addStopRule(StopRules.atLeast("accuracy", 0.9)).addStopRule(StopRules.time(Duration.ofHours(2)));
 * }</pre>
 *
 * <p>Add a rule to a run's {@link org.blazefl4j.checkpoint.Checkpoints} so that a resumed run ends where one without
 * interruption would. What a rule saves does not contain its limit, which may be another one after a resume.
 */
public interface StopRule extends RoundListener<Object>, Checkpointable {

    /** Returns why to end after the last round that was reported, for people; empty if the run goes on. */
    Optional<String> reason();
}
