package org.blazefl4j.cli;

import java.util.Map;

/**
 * SCAFFOLD.
 *
 * @param serverLr how far the global model goes towards the mean of the clients' models
 */
record Scaffold(double serverLr) implements Algorithm {

    @Override
    public AlgorithmName name() {
        return AlgorithmName.SCAFFOLD;
    }

    @Override
    public String describe() {
        return "server lr " + serverLr;
    }

    @Override
    public Map<String, Object> toMap() {
        return Map.of("server_lr", serverLr);
    }

    @Override
    public Federation<?, ?> federation(RunSettings settings, RunData data) {
        return new ScaffoldFederation(this, settings, data);
    }
}
