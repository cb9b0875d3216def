package org.blazefl4j.contrib.common;

/** The parts of a federated data set. */
public enum PartitionType {
    /** What a client trains on: one part per client, with labels. */
    TRAIN,
    /** Test samples: the common part for the server's model; a client's own part for a model that it keeps. */
    TEST,
    /** Samples without labels, common to all clients, for distillation; their targets, if any, are ignored. */
    OPEN
}
