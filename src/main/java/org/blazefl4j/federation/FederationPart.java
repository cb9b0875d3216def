package org.blazefl4j.federation;

/** A part of a federation that may need others to go with it. */
interface FederationPart {

    /**
     * Checks that the other parts go with this one, when server or clients are made; does nothing by default.
     *
     * @throws IllegalArgumentException if not
     */
    default void check(Federation federation) {}
}
