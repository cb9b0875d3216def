package org.blazefl4j.codec;

import java.util.Arrays;

/**
 * Tracks which numbered objects are still being written, and which finished objects lead back to them: the low links of
 * Tarjan's algorithm for strongly connected components. Detects every cycle at the reference that closes it.
 */
final class OpenObjects {

    /** No open object. */
    static final int NONE = Integer.MAX_VALUE;

    private static final int OPEN = -1;

    /** By number: {@link #OPEN}, the lowest object outside it that it led to when it was closed, or {@link #NONE}. */
    private int[] links = new int[64];

    private int lowest = NONE;
    private int innermostFixed = -1;

    /** Returns the lowest open object referred to since the last {@link #open} or {@link #swapLowest}. */
    int lowest() {
        return lowest;
    }

    /** Sets {@link #lowest} and returns its old value. */
    int swapLowest(int value) {
        int before = lowest;
        lowest = value;
        return before;
    }

    /** Adds an object that contains no others. */
    void leaf(int number) {
        put(number, NONE);
    }

    /** Begins an object. Returns the value to pass to {@link #close}. */
    int open(int number) {
        put(number, OPEN);
        return swapLowest(NONE);
    }

    void close(int number, int lowestBefore) {
        int link = lowest < number ? lowest : NONE;
        links[number] = link;
        lowest = Math.min(lowestBefore, link);
    }

    private void put(int number, int link) {
        if (number >= links.length) {
            links = Arrays.copyOf(links, 2 * links.length);
        }
        links[number] = link;
    }

    /** Begins an object that cannot exist before its contents, such as a record. Returns the enclosing one. */
    int openFixed(int number) {
        int around = innermostFixed;
        innermostFixed = number;
        return around;
    }

    void closeFixed(int around) {
        innermostFixed = around;
    }

    /**
     * Records a reference to an earlier object.
     *
     * @return -1, or the number of an object on the closed cycle that cannot be part of a cycle
     */
    int refer(int number) {
        int target = number;
        while (target != NONE && links[target] != OPEN) {
            target = links[target];
        }
        lowest = Math.min(lowest, target);
        return target <= innermostFixed ? innermostFixed : -1;
    }

    void clear() {
        lowest = NONE;
        innermostFixed = -1;
    }
}
