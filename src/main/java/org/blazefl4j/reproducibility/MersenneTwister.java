package org.blazefl4j.reproducibility;

/**
 * The engine of LibTorch's CPU generator: mt19937 (Matsumoto and Nishimura, ACM TOMACS 1998), with words given by the
 * caller. Not thread-safe.
 */
final class MersenneTwister {

    static final int WORDS = 624;

    private static final int SHIFT = 397;

    private final int[] words;
    private int next = WORDS;

    /**
     * Starts before the first number.
     *
     * @param words the state, which this object then owns
     */
    MersenneTwister(int[] words) {
        this.words = words;
    }

    /** Returns the next 32 random bits. */
    int nextInt() {
        if (next == WORDS) {
            twist();
            next = 0;
        }
        int y = words[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    private void twist() {
        int i = 0;
        for (; i < WORDS - SHIFT; i++) {
            words[i] = words[i + SHIFT] ^ mixed(words[i], words[i + 1]);
        }
        for (; i < WORDS - 1; i++) {
            words[i] = words[i + SHIFT - WORDS] ^ mixed(words[i], words[i + 1]);
        }
        words[i] = words[SHIFT - 1] ^ mixed(words[i], words[0]);
    }

    private static int mixed(int high, int low) {
        int joined = (high & 0x80000000) | (low & 0x7fffffff);
        return (joined >>> 1) ^ (-(low & 1) & 0x9908b0df);
    }

    /** Returns a word of the state, as an unsigned number. */
    long word(int index) {
        return Integer.toUnsignedLong(words[index]);
    }

    /** Returns the position of the next word to be used; {@link #WORDS} if all are. */
    int next() {
        return next;
    }
}
