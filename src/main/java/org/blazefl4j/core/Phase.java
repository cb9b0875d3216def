package org.blazefl4j.core;

/** The phases of a round, in order, as the thread that runs the round goes through them. */
public enum Phase {
    /** Sampling the clients and putting them in order. */
    SAMPLE,
    /** Making, encoding and publishing the downlink package. */
    PUBLISH,
    /** Handing clients, with their configurations and states, to workers. */
    DEAL,
    /** Waiting for clients to train; in serial mode training them. */
    TRAIN,
    /** Taking results: decoding, storing clients' states, reporting progress, closing packages. */
    COLLECT,
    /** Loading packages into the handler and updating the global model. */
    AGGREGATE,
    /** The handler's {@link ServerHandler#getSummary() summary} of the round. */
    EVALUATE
}
