package org.blazefl4j.contrib.dsfl;

/** The parts of a federated data set with open samples. */
public enum DsflPartitionType {
    /** What a client trains on and nobody else sees: one part per client, with labels. */
    TRAIN,
    /** What everybody sees and nobody has labels of: common to all; targets, if there are any, are not looked at. */
    OPEN,
    /** What models are evaluated on: the server's on the common part, a client's on the client's own. */
    TEST
}
