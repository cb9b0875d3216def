package org.blazefl4j.worker;

/** When the packages of a round are handed over, and in which order. */
public enum Delivery {
    /** In list order, to be kept until the round ends: dealing need not wait for hand-over. */
    COLLECTED,
    /** In list order: none before those of the clients before it. */
    IN_ORDER,
    /** As they arrive. */
    IN_ANY_ORDER
}
