package org.blazefl4j.reproducibility;

import java.util.random.RandomGenerator;

/**
 * A small random stream whose bits no Java version changes and whose state is one number: SplitMix64 (Steele, Lea and
 * Flood, OOPSLA 2014), with the mixing constants of Java's {@code SplittableRandom}. Not thread-safe.
 *
 * <p>Only {@link #nextLong()} is stable; Java may change how {@link RandomGenerator} derives other numbers from it.
 */
final class SplitMix64 implements RandomGenerator {

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    /** Starts at {@code state}: a seed, or an earlier {@link #state()}. */
    SplitMix64(long state) {
        this.state = state;
    }

    /** The state from which another stream continues this one. */
    long state() {
        return state;
    }

    @Override
    public long nextLong() {
        state += GOLDEN_GAMMA;
        long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
