package org.blazefl4j.lab;

/** Follows a measurement. Called by the measuring thread between rounds, so its time is not measured. */
public interface LabListener {

    /** Called before the workers of a case start. */
    default void caseStarted(LabCase which) {}

    /**
     * Called after a round and its bare loop were measured.
     *
     * @param which the case
     * @param rounds the number of rounds measured so far, including this one
     */
    default void roundMeasured(LabCase which, int rounds) {}
}
