package org.blazefl4j.contrib.fedavg;

/** The parts of a federated data set. */
public enum FedAvgPartitionType {
    /** What a client trains on: one part per client. */
    TRAIN,
    /** What the server evaluates the global model on: common to all. */
    TEST
}
