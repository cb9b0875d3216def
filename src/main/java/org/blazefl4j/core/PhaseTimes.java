package org.blazefl4j.core;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * How long each phase of a round took on the thread that ran it. Phases do not overlap, so they add up to the round.
 * Immutable.
 *
 * @param times the time of every phase
 */
public record PhaseTimes(Map<Phase, Duration> times) {

    /** Nothing was measured. */
    public static final PhaseTimes NONE = new PhaseTimes(Map.of());

    /**
     * Copies the times.
     *
     * @param times a missing phase took none
     * @throws IllegalArgumentException if a time is negative
     */
    public PhaseTimes {
        Map<Phase, Duration> all = new EnumMap<>(Phase.class);
        for (Phase phase : Phase.values()) {
            Duration time = times.getOrDefault(phase, Duration.ZERO);
            if (time.isNegative()) {
                throw new IllegalArgumentException(
                        "negative time: phase=" + phase + ", time=" + time + ", limit=PT0S or more");
            }
            all.put(phase, time);
        }
        times = Collections.unmodifiableMap(all);
    }

    /** Returns how long a phase took. */
    public Duration of(Phase phase) {
        return times.getOrDefault(phase, Duration.ZERO);
    }

    /** Returns the sum of all phases. */
    public Duration total() {
        return times.values().stream().reduce(Duration.ZERO, Duration::plus);
    }

    /** Returns the time in the trainer, publishing included. */
    public Duration training() {
        return of(Phase.PUBLISH).plus(of(Phase.DEAL)).plus(of(Phase.TRAIN)).plus(of(Phase.COLLECT));
    }

    /** Returns the sum, phase by phase. */
    public PhaseTimes plus(PhaseTimes other) {
        Map<Phase, Duration> sum = new EnumMap<>(times);
        other.times.forEach((phase, time) -> sum.merge(phase, time, Duration::plus));
        return new PhaseTimes(sum);
    }

    /**
     * Replaces one phase's time by {@code parts} and adds what they leave to {@code rest}. Without parts nothing
     * changes.
     */
    PhaseTimes divide(Phase phase, PhaseTimes parts, Phase rest) {
        Duration left = of(phase).minus(parts.total());
        if (parts.total().isZero()) {
            return this;
        }
        Map<Phase, Duration> divided = new EnumMap<>(plus(parts).times);
        divided.put(phase, parts.of(phase));
        divided.merge(rest, left.isNegative() ? Duration.ZERO : left, Duration::plus);
        return new PhaseTimes(divided);
    }

    /** Returns {@code {SAMPLE=PT0.001S, ...}}. */
    @Override
    public String toString() {
        return times.toString();
    }

    /** The phases of a round, in order, as the thread that runs the round goes through them. */
    public enum Phase {
        /** Sampling the clients and putting them in order. */
        SAMPLE,
        /** Making, encoding and publishing the downlink package. */
        PUBLISH,
        /** Handing clients, with their configurations and states, to workers. */
        DEAL,
        /** Waiting for clients to train; in serial mode training them. */
        TRAIN,
        /** Taking results: decoding, storing clients' states, reporting progress, closing packages. */
        COLLECT,
        /** Loading packages into the handler and updating the global model. */
        AGGREGATE,
        /** The handler's {@link ServerHandler#getSummary() summary} of the round. */
        EVALUATE
    }
}
