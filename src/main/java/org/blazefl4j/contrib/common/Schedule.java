package org.blazefl4j.contrib.common;

import org.blazefl4j.util.Arguments;

/**
 * The learning rate over rounds or steps, as a factor of the one in {@link SgdOptions}. Crosses into worker processes:
 * write your own as a record.
 *
 * <pre>{@code
 * Schedule schedule = Schedule.cosine(200, 0).withWarmUp(5);
 * }</pre>
 */
public interface Schedule {

    /**
     * Returns the factor of a step's learning rate, 0 or more and finite.
     *
     * @param round from 0
     * @param step the client's step in this round, from 0
     */
    double factor(int round, long step);

    /** Keeps the rate. */
    static Decay constant() {
        return new Decay(Decay.Shape.CONSTANT, 1, 1, 0, false);
    }

    /** Multiplies the rate by {@code factor}, above 0 and at most 1, every so many rounds. */
    static Decay step(long every, double factor) {
        return new Decay(Decay.Shape.STEP, every, factor, 0, false);
    }

    /** Multiplies the rate by {@code factor}, above 0 and at most 1, in every round. */
    static Decay exponential(double factor) {
        return step(1, factor);
    }

    /**
     * Lowers the rate along half a cosine, then keeps it.
     *
     * @param length the number of rounds until it is lowest
     * @param floor the lowest factor, in [0, 1]
     */
    static Decay cosine(long length, double floor) {
        return new Decay(Decay.Shape.COSINE, length, floor, 0, false);
    }

    /**
     * A rate that does not grow, but may begin with a warm-up. The same bits on every JVM.
     *
     * @param shape how it goes down
     * @param length the number of rounds that the shape takes, above 0
     * @param factor what the shape lowers the rate by, or to
     * @param warmUp the number of rounds before the shape begins, in which the rate grows by equal steps
     * @param perStep whether {@code length} and {@code warmUp} count a client's steps in a round instead of rounds
     */
    record Decay(Shape shape, long length, double factor, long warmUp, boolean perStep) implements Schedule {

        /** How a rate goes down. */
        public enum Shape {
            /** Not at all. */
            CONSTANT,
            /** By a factor every {@code length} rounds. */
            STEP,
            /** Along half a cosine. */
            COSINE
        }

        public Decay {
            Arguments.require(
                    length > 0 && warmUp >= 0,
                    () -> "schedule too short: length=" + length + ", warm_up=" + warmUp
                            + ", limit=1 or more, and 0 or more");
            boolean cosine = shape == Shape.COSINE;
            Arguments.require(
                    factor >= 0 && factor <= 1 && (factor > 0 || cosine),
                    () -> "factor of the schedule out of range: factor=" + factor + ", limit="
                            + (cosine ? "[0, 1]" : "above 0 and at most 1"));
        }

        /** Returns this schedule after so many rounds (or steps) in which the rate grows to its full height. */
        public Decay withWarmUp(long warmUp) {
            return new Decay(shape, length, factor, warmUp, perStep);
        }

        /** Returns this schedule over a client's steps, anew in each round. */
        public Decay withStepsForRounds() {
            return new Decay(shape, length, factor, warmUp, true);
        }

        @Override
        public double factor(int round, long step) {
            long now = perStep ? step : round;
            if (now < warmUp) {
                return (now + 1.0) / (warmUp + 1.0);
            }
            long past = now - warmUp;
            return switch (shape) {
                case CONSTANT -> 1;
                case STEP -> StrictMath.pow(factor, past / length);
                case COSINE -> factor + (1 - factor) * (1 + StrictMath.cos(angle(past))) / 2;
            };
        }

        private double angle(long past) {
            return Math.PI * Math.min(past, length) / length;
        }
    }
}
