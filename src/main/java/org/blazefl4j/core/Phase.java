package org.blazefl4j.core;

/** The parts of a round, in their order, as the thread that runs the round spends its time on them. */
public enum Phase {
    /** Sampling the clients and putting them in order. */
    SAMPLE,
    /** Making the downlink package, encoding it and telling the workers of it. */
    PUBLISH,
    /** Handing clients, with their configurations and states, to workers. */
    DEAL,
    /** Waiting for clients that train; in the serial mode the training itself. */
    TRAIN,
    /** Taking results: decoding them, keeping clients' states, progress, closing packages. */
    COLLECT,
    /** The handler's loading of the packages and its update of the global model. */
    AGGREGATE,
    /** What the handler says of the round, {@link ServerHandler#getSummary()}. */
    EVALUATE
}
