package org.blazefl4j.contrib.common;

/** The parts of a federated data set. */
public enum PartitionType {
    /** What a client trains on: one part per client, with labels. */
    TRAIN,
    /** A client's own samples, which it does not train on, to choose settings or a model by. */
    VALIDATION,
    /** Test samples: the common part for the server's model; a client's own part to evaluate a model where it is. */
    TEST,
    /** Samples without labels, common to all clients, for distillation; their targets, if any, are ignored. */
    OPEN
}
