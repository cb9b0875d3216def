package org.blazefl4j.lab;

/** Follows a measurement, on the thread that measures; between rounds, so it takes no part in their times. */
public interface LabListener {

    /** The workers of a case are about to start. */
    default void caseStarted(LabCase which) {}

    /**
     * A round and its bare loop were measured.
     *
     * @param which the case
     * @param rounds how many rounds were measured so far, this one included
     */
    default void roundMeasured(LabCase which, int rounds) {}
}
