package org.blazefl4j.shm;

import java.util.Arrays;

/**
 * How many values are visited when a message's keys are hashed or compared. An object that is there many times is
 * written once but visited each time, so a few bytes can stand for more visits than there is time for: lists of which
 * each holds the next one twice.
 */
final class KeyCosts {

    /** Beside one for each byte of the message; they take about a second. */
    private static final long FREE_VISITS = 1 << 25;

    private static final long ENDLESS = 1L << 60;

    /** So many bytes of a text or a number are looked at in the time of one visit. */
    private static final int BYTES_A_VISIT = 16;

    /** By number: the visits of an object with all that it holds; 0 while it is being read. */
    private long[] costs = new long[64];

    private long visits;
    private long keyVisits;
    private long limit;

    /** Starts a message. */
    void start(int messageBytes) {
        visits = 0;
        keyVisits = 0;
        limit = FREE_VISITS + messageBytes;
    }

    /** A numbered object begins; returns what {@link #close} needs. */
    long open(int number) {
        if (number >= costs.length) {
            costs = Arrays.copyOf(costs, 2 * costs.length);
        }
        costs[number] = 0;
        return openKey();
    }

    /** The numbered object ends that began last and has not ended. */
    void close(int number, long around) {
        costs[number] = visits;
        visits = sum(around, visits);
    }

    /** The object that began last holds no others, and took so many bytes. */
    void leaf(Kind kind, int bytes) {
        visits += kind == Kind.PRIMITIVE_ARRAY ? 0 : bytes / BYTES_A_VISIT; // arrays are not looked into
    }

    /** An object that came before is there again. */
    void repeated(int number) {
        visits = sum(visits, costs[number]);
    }

    /** A key begins; returns what {@link #closeKey} needs. */
    long openKey() {
        long around = visits;
        visits = 1;
        return around;
    }

    /**
     * The key ends that began last and has not ended.
     *
     * @throws PackageFormatException if it takes too long to put it and those before it where they belong
     */
    void closeKey(long around) {
        keyVisits = sum(keyVisits, visits);
        if (keyVisits > limit) {
            throw new PackageFormatException("keys hold too much: values=" + keyVisits + ", limit=" + limit
                    + "; what a key holds many times counts each time: use smaller keys");
        }
        visits = sum(around, visits);
    }

    private static long sum(long a, long b) {
        return Math.min(ENDLESS, a + b);
    }
}
