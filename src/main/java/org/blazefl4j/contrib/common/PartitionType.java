package org.blazefl4j.contrib.common;

/** The parts of a federated data set. */
public enum PartitionType {
    /** What a client trains on: one part per client. */
    TRAIN,
    /** What the server evaluates the global model on: common to all clients. */
    TEST
}
