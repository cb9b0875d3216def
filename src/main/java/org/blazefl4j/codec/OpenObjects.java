package org.blazefl4j.codec;

import java.util.Arrays;

/**
 * Which numbered objects are still being written, and which finished ones lead back to them: the low links of Tarjan's
 * algorithm for strongly connected components. With them a cycle is seen at the reference that closes it, on whatever
 * way.
 */
final class OpenObjects {

    /** No open object. */
    static final int NONE = Integer.MAX_VALUE;

    private static final int OPEN = -1;

    /**
     * By number: {@link #OPEN}, or the lowest object outside of it that it led to when it was closed, or {@link #NONE}.
     */
    private int[] links = new int[64];

    private int lowest = NONE;
    private int innermostFixed = -1;

    /** The lowest open object referred to since the last {@link #open} or {@link #swapLowest}. */
    int lowest() {
        return lowest;
    }

    /** Sets {@link #lowest}, and returns what it was. */
    int swapLowest(int value) {
        int before = lowest;
        lowest = value;
        return before;
    }

    /** An object that holds no others. */
    void leaf(int number) {
        put(number, NONE);
    }

    /** An object is begun. Returns what {@link #close} needs. */
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

    /** An object is begun that exists only when all it holds does, such as a record. Returns the one around it. */
    int openFixed(int number) {
        int around = innermostFixed;
        innermostFixed = number;
        return around;
    }

    void closeFixed(int around) {
        innermostFixed = around;
    }

    /**
     * Notes a reference to an object that came before.
     *
     * @return -1, or the number of an object on the cycle that the reference closes which cannot be part of one
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
