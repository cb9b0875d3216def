package org.blazefl4j.cuda;

/** Whether steps on a device are captured and replayed. */
public enum GraphMode {
    /** Never. */
    OFF,
    /** Where it can be; other steps are queued one operation at a time, with the same results. */
    AUTO,
    /** A client fails whose model's steps cannot be captured. */
    REQUIRED
}
