package org.blazefl4j.contrib.dsfl;

/** The parts of a federated data set with open samples. */
public enum DsflPartitionType {
    /** A client's private training samples: one part per client, with labels. */
    TRAIN,
    /** The open samples, common to all clients; their targets, if any, are ignored. */
    OPEN,
    /** Test samples: the common part for the server's model, a client's own part for the client's. */
    TEST
}
